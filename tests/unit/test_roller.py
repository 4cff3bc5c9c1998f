"""The open segment is handed over and rolled in time for each trigger of Spark."""

import pytest

from spool.roller import Roller
from spool.writer import SpoolWriter
from tests.unit.memory_folder import MemoryFile, MemoryFolder

BEGIN = 1_800_000_000.0  # a multiple of the trigger
AMPLE = 1_000_000_000


class Now:
    def __init__(self) -> None:
        self.seconds = BEGIN + 1

    def __call__(self) -> float:
        return self.seconds


def test_a_segment_is_closed_just_before_each_trigger_and_once() -> None:
    folder, now = MemoryFolder(), Now()
    writer = SpoolWriter(folder, AMPLE)
    roller = Roller(writer, 20, now)
    closed = []
    for tick in range(400):
        now.seconds = BEGIN + 1 + tick / 10
        writer.append([b"%d" % tick])
        before = len(list(folder.closed()))
        roller.tick()
        if len(list(folder.closed())) > before:
            closed.append(now.seconds - BEGIN)
    assert closed == [pytest.approx(19.8), pytest.approx(39.8)]
    assert [segment.lines for segment, _ in folder.closed()] == [189, 200]


def test_what_was_heard_is_on_the_disk_after_each_tick() -> None:
    folder, now = MemoryFolder(), Now()
    writer = SpoolWriter(folder, AMPLE)
    roller = Roller(writer, 20, now)
    writer.append([b"a"])
    assert folder.files == {}
    roller.tick()
    (content,) = folder.files.values()
    assert content.endswith(b" a\n")


def test_a_trigger_shorter_than_the_lead_still_gets_its_segments() -> None:
    folder, now = MemoryFolder(), Now()
    writer = SpoolWriter(folder, AMPLE)
    roller = Roller(writer, 0.2, now)
    for tick in range(10):
        now.seconds += 0.1
        writer.append([b"%d" % tick])
        roller.tick()
    assert len(list(folder.closed())) == 5


def test_a_clock_that_is_set_back_only_closes_a_segment_early() -> None:
    folder, now = MemoryFolder(), Now()
    writer = SpoolWriter(folder, AMPLE)
    roller = Roller(writer, 20, now)
    writer.append([b"a"])
    now.seconds -= 3600
    roller.tick()
    assert folder.events() == [b"a"]


def test_an_error_that_nobody_foresaw_ends_the_thread_and_is_kept() -> None:
    class Broken(MemoryFolder):
        def create(self, name: str) -> MemoryFile:
            raise ZeroDivisionError(name)

    writer = SpoolWriter(Broken(), AMPLE)
    writer.append([b"a"])
    roller = Roller(writer, 20)
    roller.start()
    roller._thread.join()
    assert isinstance(roller.failure, ZeroDivisionError)
    roller.stop()


def test_stopping_what_never_began_is_no_mistake() -> None:
    Roller(SpoolWriter(MemoryFolder(), AMPLE), 20).stop()
