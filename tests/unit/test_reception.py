"""A push feed while the job runs: nothing that was heard is lost when it ends."""

from typing import Any, cast

import pytest

from clock import SystemClock
from errors import CannotStart, JobError
from ledger.coverage import CoverageLog
from ledger.usage import UsageLog
from receivers.base import Receiver
from runtime.reception import Reception
from settings import Settings
from tests.unit.memory_folder import MemoryFolder

BOUND_SECONDS = 60


class Talker(Receiver):
    """Hears as many events of 1,000 bytes as the job's name says, then waits for the end."""

    def receive(self) -> None:
        for number in range(int(self.settings.jobname)):
            self.spool.append([b"%03d" % number + b"x" * 997])
        if self.settings.database == "broken":
            raise ZeroDivisionError
        if not self.settings.available_now:
            self.stopping.wait(BOUND_SECONDS)


class Repeater(Talker):
    """Says everything twice, in a connection each."""

    @staticmethod
    def key(event: bytes) -> str | None:
        return event[:3].decode()

    def receive(self) -> None:
        super().receive()
        super().receive()


class Log:
    """Coverage and usage."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")


def reception(
    events: int,
    folder: MemoryFolder,
    receiver: type[Receiver] = Talker,
    **more: Any,  # noqa: ANN401
) -> tuple[Reception, Log]:
    settings = Settings.model_validate(
        {"jobname": str(events), "source": "socket", "spool_max_bytes": 1_000_000, **more}
    )
    logs = Log()
    coverage, usage = cast(CoverageLog, logs), cast(UsageLog, logs)
    return Reception(receiver, settings, folder, coverage, usage, SystemClock()), logs


def wait_for(is_so: Any, made: Reception) -> None:  # noqa: ANN401
    while not is_so():
        assert made._receiver._thread.is_alive()


def test_what_was_heard_is_in_closed_segments_when_it_stops() -> None:
    folder = MemoryFolder()
    made, coverage = reception(10, folder)
    made.start()
    wait_for(lambda: made.heard == 10, made)
    made.check()
    assert not made.is_over
    made.stop()
    made.stop()
    assert len(folder.events()) == 10
    assert coverage.calls[:4] == ["start", "start", "stop", "stop"]


def test_a_receiver_that_waits_for_room_hands_over_what_it_has_and_ends() -> None:
    folder = MemoryFolder()
    made, _ = reception(2000, folder)
    made.start()
    wait_for(lambda: made.writer.full_because, made)
    made.check()
    made.stop()
    assert made.is_over
    assert len(folder.events()) == made.heard > 900


def test_what_a_killed_run_left_open_is_kept_first() -> None:
    folder = MemoryFolder()
    folder.files[".a.open"] = bytearray(b"000000000000" + b"1800000000000" + b" left\nhalf")
    made, _ = reception(0, folder)
    made.start()
    made.stop()
    assert folder.events() == [b"left"]


def test_what_a_feed_repeats_is_dropped_over_restarts_too() -> None:
    folder = MemoryFolder()
    for _ in range(2):
        made, _ = reception(5, folder, Repeater, available_now=True)
        made.start()
        made._receiver._thread.join(BOUND_SECONDS)
        made.check()
        made.stop()
    assert len(folder.events()) == 5
    assert [segment.duplicates for segment, _ in folder.closed()] == [5]


@pytest.mark.parametrize(("receiver", "seconds"), [(Repeater, 0), (Talker, 3600)])
def test_nothing_is_dropped_where_it_is_off_or_the_feed_has_no_keys(receiver: type[Receiver], seconds: int) -> None:
    folder = MemoryFolder()
    made, _ = reception(5, folder, receiver, available_now=True, deduplicate_within_seconds=seconds)
    made.start()
    made._receiver._thread.join(BOUND_SECONDS)
    made.stop()
    assert len(folder.events()) == made.heard == (10 if receiver is Repeater else 5)
    assert not [name for name in folder.files if name.startswith(".")]


def test_a_spool_that_cannot_be_used_is_no_start() -> None:
    folder = MemoryFolder()
    folder.failing.add("make")
    made, _ = reception(0, folder)
    with pytest.raises(CannotStart, match=r"the spool memory: cannot be used: .*No space left"):
        made.start()
    made.stop()


def test_a_receiver_that_fails_ends_the_job_and_the_log_says_where(caplog: pytest.LogCaptureFixture) -> None:
    made, _ = reception(1, MemoryFolder(), database="broken")
    made.start()
    made._receiver._thread.join(BOUND_SECONDS)
    with pytest.raises(JobError, match="the receiver ended: ZeroDivisionError"):
        made.check()
    made.stop()
    assert "raise ZeroDivisionError" in caplog.text


def test_available_now_on_a_feed_that_the_spool_cannot_hold_ends_with_what_to_do() -> None:
    made, _ = reception(2000, MemoryFolder(), available_now=True)
    made.start()
    wait_for(lambda: made.writer.full_because, made)
    with pytest.raises(JobError, match=r"SPOOL_MAX_BYTES is 1000000\. Raise SPOOL_MAX_BYTES, or run without"):
        made.check()
    made.stop()


def test_available_now_is_over_when_the_feed_is() -> None:
    folder = MemoryFolder()
    made, _ = reception(5, folder, available_now=True)
    made.start()
    made._receiver._thread.join(BOUND_SECONDS)
    assert made.is_over
    made.check()
    made.stop()
    assert len(folder.events()) == 5
