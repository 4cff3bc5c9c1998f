"""Whatever happens in whatever order, each event is stored, and none twice within the time."""

from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st

from spool.recovery import recover
from spool.repeats import Repeats
from spool.segments import Segment
from spool.writer import SpoolWriter
from tests.unit.memory_folder import MemoryFolder

AMPLE = 1_000_000_000
WITHIN = 1000
START = 1_800_000_000_000
APPENDS = st.tuples(st.just("append"), st.lists(st.integers(0, 4), min_size=1, max_size=4))
TIMES = st.tuples(st.just("time"), st.integers(-1500, 1500))
CALMS = st.tuples(st.sampled_from(["flush", "roll", "sweep", "stop"]), st.just(0))
KILLS = st.tuples(st.just("kill"), st.integers(0, 12)) | st.tuples(st.just("die"), st.just(0))
Step = tuple[str, int | list[int]]


class Killed(BaseException):
    """The process is no more."""


class DeadlyFolder(MemoryFolder):
    """Kills the process at the call after so many more, one of a recovery too."""

    calls_left: int | None = None

    def try_to(self, call: str) -> None:
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                raise Killed
        super().try_to(call)


class Run:
    """A job that is started again whenever it stops or dies. An event is its key, and its number."""

    def __init__(self) -> None:
        self.folder = DeadlyFolder()
        self.now, self.passed = START, 0
        self.was_set_back = False
        self.events: list[tuple[int, int]] = []
        """Of each event its key, and the time passed until it was sent."""
        self.stored: list[int] = []
        self.given: list[int] = []
        """The events that `append` returned from, as far as they may be handed over."""
        self.new = 0
        self.counted = 0
        self.start()

    def start(self) -> None:
        recover(self.folder)
        repeats = Repeats(self.folder, lambda event: event.split(b" ")[0].decode(), WITHIN / 1000)
        self.writer = SpoolWriter(self.folder, AMPLE, lambda: self.now, repeats)
        self.writer.restore()
        self.given = []

    def do(self, step: Step) -> None:
        try:
            self._do(step)
        except Killed:
            self.folder.calls_left = None
            self.start()

    def _do(self, step: Step) -> None:
        match step:
            case "append", list(keys):
                numbers = range(len(self.events), len(self.events) + len(keys))
                self.events += [(each, self.passed) for each in keys]
                block = [b"%d %d" % (each, number) for each, number in zip(keys, numbers, strict=True)]
                self.new += self.writer.append(block)
                self.given += numbers
            case "flush", _:
                assert self.writer.flush()
                self.check_handed_over()
            case "roll", _:
                self.writer.roll()
            case "time", int(milliseconds):
                self.now += milliseconds
                self.passed += max(milliseconds, 0)
                self.was_set_back |= milliseconds < 0
            case "sweep", _:
                self.sweep()
            case "stop", _:
                self.writer.close()
                self.start()
            case "die", _:
                self.start()
            case "kill", int(calls):
                self.folder.calls_left = calls

    def check_handed_over(self) -> None:
        """Each event that was, or an earlier one of its key that was heard within the time, survives a kill now."""
        kept = self.stored + [
            int(line.split()[-1])
            for content in self.folder.files.values()
            for line in bytes(content).split(b"\n")
            if b" " in line[26:]  # no line of a key file
        ]
        for number in self.given:
            key, sent = self.events[number]
            times = [self.events[each][1] for each in kept if each <= number and self.events[each][0] == key]
            assert any(self.was_set_back or sent - time < WITHIN for time in times), (number, key)
        self.given = []

    def sweep(self) -> None:
        for segment, content in list(self.folder.closed()):
            self.stored += [int(line.split()[-1]) for line in content.split(b"\n")[:-1]]
            self.counted += segment.duplicates
            del self.folder.files[segment.name]

    def check_stored(self) -> None:
        last: dict[int, int] = {}
        for number in sorted(self.stored):
            key, sent = self.events[number]
            assert key not in last or sent - last[key] >= WITHIN, (number, key)
            last[key] = sent
        assert len(set(self.stored)) == len(self.stored)


@settings(max_examples=400)
@example(
    [("append", [0]), ("time", 1000), ("append", [0]), ("time", -1), ("stop", 0), ("time", 1), ("append", [0])],
)
@given(st.lists(APPENDS | TIMES | CALMS | KILLS, max_size=40))
def test_each_event_is_stored_and_none_twice_within_the_time(script: list[Step]) -> None:
    with patch("spool.key_store._MOST_SMALL", 2):
        run = Run()
        for step in script:
            run.do(step)
        run.folder.calls_left = None
        run.do(("flush", 0))
        run.do(("stop", 0))
        run.sweep()
        run.check_stored()
        assert not [name for name in run.folder.files if Segment.of(name) or name.endswith((".part", ".open"))]
        for step in (("time", 3 * 1500 * 40), ("roll", 0)):
            run.do(step)
        assert list(run.folder.files) == []


@given(st.lists(APPENDS | TIMES | st.tuples(st.sampled_from(["flush", "roll", "sweep"]), st.just(0)), max_size=40))
def test_segments_count_every_event_that_was_dropped_by_a_run_that_was_not_killed(script: list[Step]) -> None:
    run = Run()
    for step in script:
        run.do(step)
    run.do(("append", [5]))  # what is dropped after the last event that is new has no segment
    run.do(("stop", 0))
    run.sweep()
    assert run.new == len(run.stored)
    assert run.counted == len(run.events) - run.new
