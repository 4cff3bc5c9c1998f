"""An event is blanked in its segment, which keeps its length and its lines; what is left half done is ended."""

import fcntl
from collections.abc import Sequence
from pathlib import Path

import pytest

from spool.forgetting import events_of, forget_events
from spool.local_folder import LocalFolder
from spool.recovery import recover
from spool.segments import CutEvent, Segment, decode, encode, open_name
from spool.writer import SpoolWriter


def is_secret(_origin: str, event: bytes) -> bool:
    return b"secret" in event


def written(folder: Path, events: Sequence[bytes | CutEvent]) -> Path:
    writer = SpoolWriter(LocalFolder(folder), 10**9, lambda: 1_800_000_000_000)
    writer.append(events)
    writer.close()
    (path,) = folder.glob("*.segment")
    return path


def test_a_segment_keeps_its_name_its_length_and_the_numbers_of_its_lines(tmp_path: Path) -> None:
    path = written(tmp_path, [b"one", b"a secret", CutEvent(b"secret", 10**6, "f" * 64), b"two"])
    before = path.read_bytes()
    assert events_of(tmp_path, is_secret) == forget_events(tmp_path, is_secret) == 2
    after = path.read_bytes()
    segment = Segment.of(path.name)
    assert segment is not None
    assert (len(after), after.count(b"\n")) == (segment.bytes, segment.lines) == (len(before), 4)
    assert b"secret" not in after
    assert b"f" * 64 not in after
    assert [(line.number, line.heard_at) for line in decode(after)] == [(n, 1_800_000_000_000) for n in range(4)]
    assert [line.event.strip() for line in decode(after)] == [b"one", b"", b"", b"two"]
    assert events_of(tmp_path, is_secret) == forget_events(tmp_path, is_secret) == 0


def test_the_origin_is_that_of_the_event(tmp_path: Path) -> None:
    path = written(tmp_path, [b"one", b"two"])
    segment = Segment.of(path.name)
    assert segment is not None
    assert forget_events(tmp_path, lambda origin, _: origin == f"{segment.id}:{1:012d}") == 1
    assert [line.event for line in decode(path.read_bytes())] == [b"one", b"   "]


@pytest.mark.parametrize("blanked", [1, 3, 8])
def test_what_a_killed_command_has_left_half_blanked_is_ended(tmp_path: Path, blanked: int) -> None:
    path = written(tmp_path, [b"a secret", b"two"])
    content = bytearray(path.read_bytes())
    content[25 : 25 + blanked] = b"-" + b" " * (blanked - 1)
    path.write_bytes(content)
    assert forget_events(tmp_path, lambda *_: False) == 1
    assert next(decode(path.read_bytes())).event == b" " * len(b"a secret")


def test_what_a_killed_job_has_left_open_is_blanked_too_and_recovered_afterwards(tmp_path: Path) -> None:
    left = tmp_path / open_name("20260101T000000-abc-000000")
    left.write_bytes(encode([b"a secret", b"two"], 0, 1_800_000_000_000) + b"0000000000021800")
    assert forget_events(tmp_path, is_secret) == 1
    (segment,) = recover(LocalFolder(tmp_path))
    assert segment.lines == 2
    assert b"secret" not in (tmp_path / segment.name).read_bytes()


def test_a_segment_that_goes_while_the_spool_is_read_counts_for_nothing(tmp_path: Path) -> None:
    """A running job has stored it; what stands behind it is counted all the same."""
    first = written(tmp_path, [b"a secret", b"two"])
    first.rename(tmp_path / f"0{first.name}")
    written(tmp_path / "later", [b"a secret"])
    (later,) = (tmp_path / "later").iterdir()
    later.rename(tmp_path / f"1{later.name}")

    def is_wanted(_origin: str, event: bytes) -> bool:
        (tmp_path / f"1{later.name}").unlink(missing_ok=True)
        return b"secret" in event

    assert events_of(tmp_path, is_wanted) == 1


def test_a_segment_that_is_being_written_is_refused(tmp_path: Path) -> None:
    left = tmp_path / open_name("20260101T000000-abc-000000")
    left.write_bytes(encode([b"a secret"], 0, 1_800_000_000_000))
    with left.open("rb") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError):
            forget_events(tmp_path, is_secret)
    assert b"secret" in left.read_bytes()
