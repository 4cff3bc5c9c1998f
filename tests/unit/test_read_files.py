"""Files that are written while Spark reads them, or afterwards: waited for, read anew, and told of."""

import os
import threading
from pathlib import Path

import pytest

from processors.read_files import ReadFiles
from spool.local_folder import LocalFolder
from tests.told_clock import START, ToldClock

NOW = round(START.timestamp() * 1000)


def written(path: Path, at: int) -> None:
    path.write_bytes(b"one\n")
    os.utime(path, (at / 1000, at / 1000))


def read_files(folder: Path, clock: ToldClock, *, is_stopping: bool = False) -> ReadFiles:
    return ReadFiles(LocalFolder(folder), clock, lambda: is_stopping)


def test_a_file_at_rest_is_read_at_once(tmp_path: Path) -> None:
    written(tmp_path / "a", NOW - 60_000)
    written(tmp_path / "of the future", NOW + 60_000)
    clock = ToldClock()
    assert read_files(tmp_path, clock).settle({"a": NOW - 60_000, "of the future": NOW + 60_000, "gone": 5}) is None
    assert clock.waits == []


def test_a_file_that_was_written_to_just_now_is_waited_for(tmp_path: Path) -> None:
    written(tmp_path / "a", NOW)
    clock = ToldClock()
    assert read_files(tmp_path, clock).settle({"a": NOW}) is None
    assert clock.seconds == 2


def test_a_file_of_which_spark_may_know_a_part_is_named_until_spark_has_looked_again(tmp_path: Path) -> None:
    written(tmp_path / "a", NOW - 5_000)
    files = read_files(tmp_path, ToldClock())
    assert [files.settle({"a": NOW - 6_000}), files.settle({"a": NOW - 6_000})] == ["a", None]
    written(tmp_path / "a", NOW - 4_000)
    assert files.settle({"a": NOW - 6_000}) == "a"


def test_a_file_that_is_written_to_for_ever_is_waited_for_so_long_and_no_longer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Busy(ToldClock):
        def wait(self, event: threading.Event, seconds: float) -> bool:
            written(tmp_path / "a", round(self.now().timestamp() * 1000))
            return super().wait(event, seconds)

    clock = Busy()
    written(tmp_path / "a", NOW)
    read_files(tmp_path, clock).settle({"a": NOW})
    assert clock.seconds == 600
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]


def test_a_job_that_stops_waits_for_no_file(tmp_path: Path) -> None:
    written(tmp_path / "a", NOW)
    clock = ToldClock()
    read_files(tmp_path, clock, is_stopping=True).settle({"a": NOW})
    assert clock.waits == []


def test_a_file_that_was_changed_after_it_was_read_is_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a", "b", "c"):
        written(tmp_path / name, NOW - 9_000)
    clock = ToldClock()
    files = read_files(tmp_path, clock)
    files.remember(dict.fromkeys("abc", NOW - 9_000))
    written(tmp_path / "b", NOW - 8_000)
    (tmp_path / "c").unlink()
    files.check()
    assert caplog.records == []
    clock.seconds = 20
    files.check()
    files.check(at_once=True)
    (record,) = caplog.records
    assert record.getMessage().endswith("file=b")
