"""An event that a feed sends again is dropped and counted, over restarts and kills too; its first copy never is."""

import logging
from collections.abc import Iterator

import pytest

from spool.key_files import keys_id
from spool.recovery import recover
from spool.repeats import Repeats
from spool.segments import CutEvent, Segment, open_id
from spool.writer import SpoolWriter
from tests.unit.memory_folder import FULL, MemoryFile, MemoryFolder

AMPLE = 1_000_000_000
START = 1_800_000_000_000
WITHIN_SECONDS = 10


def key(event: bytes) -> str | None:
    """The event's first word; none where it begins with a dash."""
    return None if event.startswith(b"-") else event.split(b" ")[0].decode()


class Killed(BaseException):
    """The process is no more."""


class ChoosyFolder(MemoryFolder):
    """Takes no new files with that in their names."""

    def __init__(self, refused: str, *, breaks: bool = False) -> None:
        super().__init__(breaks=breaks)
        self.refused = refused

    def create(self, name: str) -> MemoryFile:
        if self.refused in name:
            raise FULL
        return super().create(name)


class DeadlyFolder(MemoryFolder):
    """Kills the process when a file of that kind is to be renamed, or was."""

    def __init__(self, kind: str, *, is_after: bool) -> None:
        super().__init__()
        self.kind, self.is_after = kind, is_after

    def rename(self, name: str, to: str) -> None:
        if self.kind and to.endswith(self.kind) and not self.is_after:
            raise Killed
        super().rename(name, to)
        if self.kind and to.endswith(self.kind):
            raise Killed


class Clock:
    """Milliseconds, told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def started(folder: MemoryFolder, clock: Clock) -> SpoolWriter:
    """As a job starts."""
    recover(folder)
    writer = SpoolWriter(folder, AMPLE, clock, Repeats(folder, key, WITHIN_SECONDS))
    writer.restore()
    return writer


def duplicates(folder: MemoryFolder) -> list[int]:
    return [segment.duplicates for segment, _ in folder.closed()]


def key_files(folder: MemoryFolder) -> Iterator[str]:
    return filter(None, map(keys_id, folder.files))


def sweep(folder: MemoryFolder) -> None:
    """As Spark's batches do: closed segments are stored, and deleted."""
    for segment, _ in list(folder.closed()):
        folder.delete(segment.name)


def test_an_event_that_was_heard_is_dropped_and_counted(clock: Clock) -> None:
    folder = MemoryFolder()
    writer = started(folder, clock)
    assert writer.append([b"a 1", b"b 1", b"a 2"]) == 2
    assert writer.append([b"a 3"]) == 0
    writer.roll()
    assert writer.append([b"b 2", b"c 1"]) == 1
    writer.close()
    assert writer.append([b"d 1"]) == 0
    assert folder.events() == [b"a 1", b"b 1", b"c 1"]
    assert writer.heard == 3
    assert duplicates(folder) == [2, 1]


def test_cut_events_and_events_without_a_key_are_never_dropped(clock: Clock) -> None:
    folder = MemoryFolder()
    writer = started(folder, clock)
    cut = CutEvent(b"a", 9, "ab" * 32)
    assert writer.append([b"-", b"-", cut, cut]) == 4
    writer.close()
    assert len(folder.events()) == 4
    assert not list(key_files(folder))
    assert started(folder, clock).append([b"-", cut]) == 2


def test_an_event_is_new_again_when_the_time_is_over(clock: Clock) -> None:
    folder = MemoryFolder()
    writer = started(folder, clock)
    for step in (0, 9_999, 1):
        clock.now += step
        writer.append([b"a %d" % clock.now])
    writer.close()
    assert folder.events() == [b"a %d" % START, b"a %d" % (START + 10_000)]


def test_an_event_that_is_refused_is_not_known(clock: Clock) -> None:
    folder = MemoryFolder()
    writer = started(folder, clock)
    with pytest.raises(ValueError, match="line feed"):
        writer.append([b"a", b"b\n"])
    assert writer.append([b"a"]) == 1
    writer.close()
    assert folder.events() == [b"a"]


def test_repeats_alone_are_no_segment_and_are_counted_by_the_next(clock: Clock) -> None:
    folder = MemoryFolder()
    writer = started(folder, clock)
    writer.append([b"a"])
    writer.roll()
    writer.append([b"a"])
    assert writer.roll() is None
    writer.append([b"a", b"b"])
    writer.close()
    assert duplicates(folder) == [0, 2]


def test_repeats_that_no_segment_counts_are_said_at_the_end(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    writer = started(MemoryFolder(), clock)
    writer.append([b"a"])
    writer.roll()
    writer.append([b"a", b"a"])
    writer.close()
    writer.close()
    assert [line.getMessage() for line in caplog.records] == ["repeated events dropped that no batch counts events=2"]


@pytest.mark.parametrize("is_stored", [False, True])
def test_a_new_run_knows_what_the_former_heard(is_stored: bool, clock: Clock) -> None:
    folder = MemoryFolder()
    for _ in range(3):
        writer = started(folder, clock)
        writer.append([b"a"])
        clock.now += 3000
        writer.close()
        if is_stored:
            sweep(folder)
    assert len(list(key_files(folder))) == 1
    clock.now += 1000
    writer = started(folder, clock)
    assert not list(key_files(folder))
    assert writer.append([b"a"]) == 1


@pytest.mark.parametrize("kind", ["", ".keys", ".segment"])
@pytest.mark.parametrize("is_after", [False, True])
def test_a_killed_run_leaves_what_it_heard_whenever_it_is_killed(kind: str, is_after: bool, clock: Clock) -> None:
    folder = DeadlyFolder(kind, is_after=is_after)
    writer = started(folder, clock)
    writer.append([b"a", b"-", b"b"])
    assert writer.flush()
    if kind:
        with pytest.raises(Killed):
            writer.roll()
    folder.kind = ""
    for _ in range(2):
        writer = started(folder, clock)
        sweep(folder)
        assert not [name for name in folder.files if not keys_id(name)]
        assert writer.append([b"a", b"b"]) == 0


def test_a_copy_of_an_event_that_a_kill_cut_in_half_is_new(clock: Clock) -> None:
    folder = MemoryFolder()
    writer = started(folder, clock)
    writer.append([b"a", b"b"])
    writer.flush()
    (name,) = filter(open_id, folder.files)
    del folder.files[name][-1:]
    writer = started(folder, clock)
    assert writer.append([b"a", b"b"]) == 1
    writer.close()
    assert sorted(folder.events()) == [b"a", b"b"]


def test_a_copy_of_an_event_that_the_disk_never_took_is_new_to_the_next_run(clock: Clock) -> None:
    folder = MemoryFolder()
    writer = started(folder, clock)
    writer.append([b"a"])
    writer.flush()
    folder.failing.add("write")
    writer.append([b"b"])
    writer.close()
    folder.failing.clear()
    assert started(folder, clock).append([b"a", b"b"]) == 1


def test_the_keys_of_a_segment_are_those_of_its_lines(clock: Clock) -> None:
    folder = ChoosyFolder("nothing", breaks=True)
    writer = started(folder, clock)
    writer.append([b"a"])
    writer.roll()
    writer.append([b"b"])
    writer.flush()
    folder.failing.add("write")
    writer.append([b"c"])
    assert not writer.flush()
    folder.failing.clear()
    folder.refused = ".open"
    assert not writer.flush()
    assert folder.events() == [b"a", b"b"]
    lines = [bytes(folder.files[name]) for name in sorted(folder.files) if keys_id(name)]
    assert [line.count(b"\n") for line in lines] == [1, 1]
    folder.refused = "nothing"
    assert started(folder, clock).append([b"a", b"b", b"c"]) == 1


@pytest.mark.parametrize("call", ["write", "sync", "close", "rename", "answer to rename"])
@pytest.mark.parametrize("breaks", [False, True])
def test_a_disk_that_fails_at_the_end_of_a_segment_doubles_nothing(call: str, breaks: bool, clock: Clock) -> None:
    folder = MemoryFolder(breaks=breaks, taken=3 if breaks else 0)
    writer = started(folder, clock)
    writer.append([b"a", b"a"])
    writer.flush()
    folder.failing.add(call)
    writer.append([b"b", b"a"])
    assert writer.roll() is None
    writer.append([b"c", b"b"])
    assert writer.roll() is None
    folder.failing.clear()
    writer.roll()
    writer.append([b"d"])
    writer.close()
    assert folder.events() == [b"a", b"b", b"c", b"d"]
    assert sum(duplicates(folder)) == 3
    assert started(folder, clock).append([b"a", b"b", b"c", b"d"]) == 0


def test_a_segment_is_closed_though_its_keys_cannot_be_written(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    folder = ChoosyFolder(".keys")
    writer = started(folder, clock)
    for event in (b"a", b"b"):
        writer.append([event])
        assert writer.roll()
    assert writer.append([b"a"]) == 0
    writer.close()
    assert writer.full_because is None
    assert [line.levelno for line in caplog.records if line.name == "spool.key_store"] == [logging.WARNING]
    assert started(folder, clock).append([b"a", b"b"]) == 0


def test_keys_go_in_time_though_nothing_more_is_heard(clock: Clock) -> None:
    folder = MemoryFolder()
    writer = started(folder, clock)
    writer.append([b"a"])
    writer.roll()
    assert list(key_files(folder))
    clock.now += 10_000
    writer.roll()
    assert not list(key_files(folder))


def test_an_older_segment_in_the_spool_is_not_known_and_leaves_no_keys(clock: Clock) -> None:
    folder = MemoryFolder()
    plain = SpoolWriter(folder, AMPLE, clock)
    plain.append([b"a"])
    plain.roll()
    clock.now += 10_000
    plain.append([b"b"])
    plain.close()
    assert started(folder, clock).append([b"a", b"b"]) == 1
    assert len(list(key_files(folder))) == 1


def test_a_full_spool_drops_nothing_while_it_waits(clock: Clock) -> None:
    folder = MemoryFolder()
    writer = SpoolWriter(folder, 40, clock, Repeats(folder, key, WITHIN_SECONDS))
    writer.append([b"a" * 100])
    assert writer._try_to_append([b"b", b"b"]) is None
    writer.hurry()
    assert writer.append([b"b", b"b"]) == 1
    writer.close()
    assert duplicates(folder) == [1]


def test_a_segment_that_counts_repeats_and_was_closed_already_is_not_read_twice() -> None:
    folder = MemoryFolder()
    folder.files[".a.open"] = bytearray(b"000000000000" + b"%013d" % START + b" x\nhalf")
    closed = Segment("a", 1, 28, 5).name
    folder.files[closed] = folder.files[".a.open"][:28]
    assert recover(folder) == []
    assert list(folder.files) == [closed]


def test_a_writer_that_was_thought_dead_leaves_no_keys(clock: Clock) -> None:
    folder = MemoryFolder()
    stale = started(folder, clock)
    stale.append([b"a"])
    stale.flush()
    recover(folder)
    stale.append([b"b"])
    stale.roll()
    stale.close()
    assert not list(key_files(folder))
