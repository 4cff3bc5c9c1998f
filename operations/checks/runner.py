"""Runs checks side by side, each bounded in time, and none stopped by another."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic

from pymongo.errors import PyMongoError

from errors import JobError
from ledger.database import brief
from operations.checks.check import Check
from operations.checks.result import Mark, Result, failed, skipped
from operations.checks.subject import Subject


@dataclass(frozen=True)
class Line:
    """A result of a check, and how long the check took in seconds."""

    check: str
    result: Result
    seconds: float


def examine(checks: Sequence[Check], subject: Subject) -> Iterator[Line]:
    """The lines of every check in their order, each as soon as all before it are there.

    Ends within `timeout_seconds` of the subject: a check that others need gets its part of them, so that these have
    theirs; one that has not answered by then has failed, and its thread is left behind.
    """
    return _Examination(checks, subject).lines()


def parts(checks: Sequence[Check]) -> Mapping[str, float]:
    """Of the whole time, the part after which each check must have answered: 1 for one that nobody waits for."""
    levels: dict[str, int] = {}
    for check in checks:
        levels[check.name] = 1 + max((levels[need] for need in check.needs), default=0)
    heights = dict.fromkeys(levels, 0)
    for check in reversed(checks):
        for need in check.needs:
            heights[need] = max(heights[need], heights[check.name] + 1)
    return {name: level / (level + heights[name]) for name, level in levels.items()}


class _Examination:
    def __init__(self, checks: Sequence[Check], subject: Subject) -> None:
        self._checks = checks
        self._subject = subject
        self._began = monotonic()
        self._parts = parts(checks)
        self._waiting = {check.name: check for check in checks}
        self._running: dict[str, float] = {}
        self._answers: SimpleQueue[tuple[str, tuple[Result, ...]]] = SimpleQueue()
        self._lines: dict[str, tuple[Line, ...]] = {}

    def lines(self) -> Iterator[Line]:
        for check in self._checks:
            while check.name not in self._lines:
                self._begin_those_that_can()
                if check.name not in self._lines:
                    self._hear()
            yield from self._lines[check.name]

    def _begin_those_that_can(self) -> None:
        for check in list(self._waiting.values()):
            if any(need not in self._lines for need in check.needs):
                continue
            del self._waiting[check.name]
            self._running[check.name] = monotonic()
            if lacking := [need for need in check.needs if not self._is_well(need)]:
                self._note(check.name, (skipped(f"it needs {lacking[0]}"),))
            else:
                threading.Thread(target=self._look, args=(check,), name=f"check-{check.name}", daemon=True).start()

    def _look(self, check: Check) -> None:
        try:
            results = tuple(self._results(check))
        except JobError as refusal:
            results = (failed(" ".join(str(refusal).split())),)
        except PyMongoError as failure:
            results = (
                failed(f"MongoDB: {brief(failure)}", "see whether it still answers, and what the user may do there"),
            )
        except OSError as failure:
            results = (failed(str(failure), "see that it is there, and that this user reaches and may read it"),)
        except Exception as failure:  # noqa: BLE001 - the others are to go on; what is not understood is said
            results = (failed(f"the check itself failed: {type(failure).__name__}: {failure}"),)
        self._answers.put((check.name, results))

    def _results(self, check: Check) -> Iterator[Result]:
        if check.only_for is not None and not self._subject.reads_by(check.only_for):
            return iter((skipped(f"the source is {self._subject.settings.source}"),))
        return check.look(self._subject)

    def _hear(self) -> None:
        """Wait for the next answer, or until a check is late."""
        if not self._running:
            return
        first = min(map(self._ends_at, self._running))
        try:
            name, results = self._answers.get(timeout=max(0.0, first - monotonic()))
        except Empty:
            for late in [name for name in self._running if self._ends_at(name) <= monotonic()]:
                self._note(late, (self._late(late),))
            return
        if name in self._running:  # else it was late, and has been said to be
            self._note(name, results)

    def _note(self, name: str, results: tuple[Result, ...]) -> None:
        seconds = monotonic() - self._running.pop(name)
        self._lines[name] = tuple(Line(name, result, round(seconds, 3)) for result in results)

    def _ends_at(self, name: str) -> float:
        return self._began + self._subject.timeout_seconds * self._parts[name]

    def _late(self, name: str) -> Result:
        within = self._ends_at(name) - self._running[name]
        return failed(
            f"no answer within {within:.1f} s",
            f"see whether what it asks is there and not overloaded; --timeout, now {self._subject.timeout_seconds:g}, "
            "gives it longer",
        )

    def _is_well(self, name: str) -> bool:
        marks = {line.result.mark for line in self._lines[name]}
        return marks <= {Mark.OK, Mark.WARNING}
