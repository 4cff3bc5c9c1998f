"""Spark's log of offsets as it is found after a kill, a full disk, or somebody's hand."""

from pathlib import Path

import pytest

from errors import CannotStart
from processors.offset_log import OffsetLog

METADATA = b'{"id":"a-query"}'
OFFSETS = b'v1\n{"batchTimestampMs":1000}\n{"logOffset":3}'


def log_of(folder: Path, **files: bytes) -> OffsetLog:
    """Names: `a__b` for a/b."""
    for name, content in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return OffsetLog(None, f"file://{folder}")


def test_what_spark_has_written_is_read_back(tmp_path: Path) -> None:
    log = log_of(tmp_path, metadata=METADATA, offsets__9=OFFSETS, offsets__10=OFFSETS, commits__9=b"v1\n{}")
    assert (log.is_fresh(), log.query_id(), log.version(), log.last_committed()) == (False, "a-query", "v1", 9)
    assert (log.end(10), log.file_entry(10), log.timestamp(10).timestamp()) == ({"logOffset": 3}, 3, 1.0)


def test_a_batch_that_a_killed_spark_was_about_to_plan_leaves_the_checkpoint_fresh(tmp_path: Path) -> None:
    log = log_of(tmp_path, metadata=METADATA)
    for name in (".0.5a274872.tmp", ".0.5a274872.tmp.crc", "²"):
        (tmp_path / "offsets").mkdir(exist_ok=True)
        (tmp_path / "offsets" / name).write_bytes(OFFSETS)
    assert log.is_fresh()


def test_the_version_of_a_damaged_batch_is_what_it_begins_with(tmp_path: Path) -> None:
    assert log_of(tmp_path, offsets__0=b"\xff\xfe\nv1").version() == "��"
    assert log_of(tmp_path, offsets__1=b"").version() == ""


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[1]", b"v1", b"v1\n{}", b"v1\n[]\n{", b"[" * 100_000, None])
def test_a_file_that_is_damaged_or_gone_is_named_with_what_to_do(tmp_path: Path, content: bytes | None) -> None:
    log = log_of(tmp_path, **({} if content is None else dict.fromkeys(("metadata", "offsets__0"), content)))
    for read, name in ((log.query_id, "metadata"), (lambda: log.end(0), "offsets/0"), (log.beginning, "sources/0/0")):
        with pytest.raises(CannotStart, match=f"{tmp_path}/{name} is not there, .*name a new --checkpoint"):
            read()
    with pytest.raises(CannotStart):
        log.timestamp(0)
