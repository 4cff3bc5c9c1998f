"""A place in a feed is kept once all before it is on the disk, and what may come again from there stays known."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from errors import CannotStart
from spool.bookmark import Bookmark
from spool.recovery import recover
from spool.repeats import Repeats
from spool.segments import CutEvent
from spool.writer import SpoolWriter
from tests.unit.memory_folder import MemoryFolder

START = 1_767_312_000_000
WITHIN_SECONDS = 10.0
AMPLE = 10**12


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now

    def moment(self) -> datetime:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=self.now)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def started(folder: MemoryFolder, clock: Clock, within: float = WITHIN_SECONDS) -> tuple[SpoolWriter, Bookmark]:
    """As a job starts."""
    recover(folder)
    repeats = Repeats(folder, lambda event: event.decode()[0], within, cut_events_repeat=True)
    bookmark = Bookmark(folder, repeats)
    writer = SpoolWriter(folder, AMPLE, clock, repeats, bookmark)
    writer.restore()
    return writer, bookmark


def files(folder: MemoryFolder) -> Iterator[str]:
    return (name for name in folder.files if "bookmark" in name)


@pytest.mark.parametrize("damaged", [b"", b'{"place": "x"', b"[]", b'{"place": "x", "at": 1}', b"\xff"])
def test_a_place_that_is_damaged_is_named_with_what_to_do(clock: Clock, damaged: bytes) -> None:
    folder = MemoryFolder()
    writer, bookmark = started(folder, clock)
    writer.append([b"a"])
    bookmark.note("after a", clock.moment())
    writer.close()
    (name,) = files(folder)
    folder.files[name] = bytearray(damaged)
    with pytest.raises(CannotStart, match=f"{name}, the place in the feed, is damaged: .*Remove the file"):
        started(folder, clock)
    del folder.files[name]
    assert started(folder, clock)[1].read() is None


def test_a_new_run_finds_the_place_of_the_former(clock: Clock) -> None:
    folder = MemoryFolder()
    writer, bookmark = started(folder, clock)
    assert bookmark.read() is None
    for event in (b"a", b"b"):
        writer.append([event])
        bookmark.note(f"after {event.decode()}", clock.moment())
        assert bookmark.read() == f"after {event.decode()}"
        writer.roll()
    writer.close()
    assert len(list(files(folder))) == 1
    assert started(folder, clock)[1].read() == "after b"


def test_a_place_is_not_kept_before_the_events_before_it_are_in_a_closed_segment(clock: Clock) -> None:
    folder = MemoryFolder()
    writer, bookmark = started(folder, clock)
    writer.append([b"a"])
    bookmark.note("after a", clock.moment())
    assert writer.flush()
    assert not list(files(folder))
    folder.failing.add("write")
    writer.append([b"b"])
    bookmark.note("after b", clock.moment())
    assert writer.roll() is None
    assert folder.failed
    folder.failing.clear()
    assert started(folder, clock)[1].read() is None


@pytest.mark.parametrize("call", ["create", "write", "sync", "rename", "answer to rename", "delete"])
def test_a_disk_that_takes_no_bookmark_costs_the_newest_place_only(
    call: str, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    folder = MemoryFolder()
    writer, bookmark = started(folder, clock)
    writer.append([b"a"])
    bookmark.note("after a", clock.moment())
    writer.roll()
    folder.failing.add(call)
    bookmark.note("after b", clock.moment())
    bookmark.keep()
    bookmark.keep()
    assert folder.failed
    assert [line.levelno for line in caplog.records if line.name == "spool.bookmark"] == [logging.WARNING]
    folder.failing.clear()
    assert started(folder, clock)[1].read() in ("after a", "after b")
    bookmark.keep()
    assert started(folder, clock)[1].read() == "after b"


def test_what_a_killed_run_did_not_finish_is_no_place(clock: Clock) -> None:
    folder = MemoryFolder()
    writer, bookmark = started(folder, clock)
    writer.append([b"a"])
    bookmark.note("after a", clock.moment())
    writer.close()
    folder.files[".000000000009.bookmark.part"] = bytearray(b'{"pla')
    _, bookmark = started(folder, clock)
    assert bookmark.read() == "after a"
    assert len(list(files(folder))) == 1


def test_what_comes_after_the_end_moves_no_place(clock: Clock) -> None:
    folder = MemoryFolder()
    writer, bookmark = started(folder, clock)
    writer.append([b"a"])
    bookmark.note("after a", clock.moment())
    writer.close()
    assert writer.append([b"b"]) == 0
    bookmark.note("after b", clock.moment())
    writer.close()
    writer, bookmark = started(folder, clock)
    assert bookmark.read() == "after a"
    assert writer.append([b"a", b"b"]) == 1


def test_repeats_alone_move_the_place_on(clock: Clock) -> None:
    folder = MemoryFolder()
    writer, bookmark = started(folder, clock)
    writer.append([b"a"])
    bookmark.note("1", clock.moment())
    writer.roll()
    writer.append([b"a"])
    bookmark.note("2", clock.moment())
    assert writer.roll() is None
    assert started(folder, clock)[1].read() == "2"


@pytest.mark.parametrize("within", [0.0, WITHIN_SECONDS])
@pytest.mark.parametrize("is_killed", [False, True])
def test_what_may_come_again_is_known_however_long_nobody_listened(
    within: float, is_killed: bool, clock: Clock
) -> None:
    folder = MemoryFolder()
    writer, bookmark = started(folder, clock, within)
    for event in (b"a", b"b", b"c"):
        clock.now += 60_000
        since = clock.moment() if event != b"c" else clock.moment() - timedelta(minutes=1)
        writer.append([event])
        bookmark.note(event.decode(), since)  # at c: b may come again
        writer.roll()
    writer.append([b"d"])
    writer.flush()
    if not is_killed:
        writer.close()
    clock.now += 10**9
    writer, bookmark = started(folder, clock, within)
    assert bookmark.read() == "c"
    assert writer.append([b"b", b"c", b"d"]) == 0
    assert writer.append([b"a", b"e"]) == 2
    clock.now += 10**9
    assert writer.append([b"b", b"c", b"d"]) == 0
    bookmark.note("e", clock.moment())
    writer.roll()
    assert writer.append([b"b"]) == 1


def test_a_clock_that_was_set_back_forgets_nothing_of_it(clock: Clock) -> None:
    folder = MemoryFolder()
    writer, bookmark = started(folder, clock)
    writer.append([b"a"])
    bookmark.note("1", clock.moment())
    writer.close()
    clock.now -= 3_600_000
    writer, _ = started(folder, clock)
    assert writer.append([b"a"]) == 0
    clock.now += 3_000_000
    assert writer.append([b"a"]) == 0


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_cut_event_that_comes_again_is_known_by_its_bytes(is_killed: bool, clock: Clock) -> None:
    folder = MemoryFolder()
    writer, _ = started(folder, clock)
    one, other = CutEvent(b"a", 9, "ab" * 32), CutEvent(b"a", 9, "cd" * 32)
    assert writer.append([one, one, other]) == 2
    writer.flush()
    if not is_killed:
        writer.close()
    writer, _ = started(folder, clock)
    assert writer.append([one, other]) == 0
