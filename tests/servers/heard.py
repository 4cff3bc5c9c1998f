"""A spool, a coverage and a usage that are lists and numbers."""

import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from clock import Clock, SystemClock
from receivers.base import ReceiverParts
from settings import Settings
from spool.bookmark import Bookmark
from spool.segments import Event
from tests.unit.memory_folder import MemoryFolder

BOUND_SECONDS = 30


class Heard:
    """What a receiver appended, and the gaps that it noted: (cause, whether it was closed).

    began: since when each gap is, None where that was not said. used: posts that it counted, and that were counted
    before. gap_lasted: what it is told of the open gap, seconds. backfilled: the seconds that it said to be repeated,
    for each gap closed. lost_until: what it said to be lost.
    """

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.gaps: list[tuple[str, bool]] = []
        self.began: list[datetime | None] = []
        self.backfilled: list[float] = []
        self.lost_until: list[datetime] = []
        self.gap_lasted = 0.0
        self.used = 0
        self.bookmark = Bookmark(MemoryFolder())
        self._changed = threading.Condition()

    def parts(self, clock: Clock | None = None, **settings: Any) -> ReceiverParts:  # noqa: ANN401
        """What a receiver is handed, with all of this in it."""
        return ReceiverParts(
            Settings.model_validate(settings), self, self, self, clock or SystemClock(), bookmark=self.bookmark
        )

    def append(self, events: Sequence[Event]) -> int:
        with self._changed:
            self.events += events
            self._changed.notify_all()
        return len(events)

    def open_gap(self, cause: str, since: datetime | None = None) -> None:
        with self._changed:
            if not self.gaps or self.gaps[-1][1]:
                self.gaps.append((cause, False))
                self.began.append(since)
            self._changed.notify_all()

    def close_gap(self, backfilled_seconds: float = 0, at: datetime | None = None) -> None:  # noqa: ARG002
        with self._changed:
            if self.gaps and not self.gaps[-1][1]:
                self.gaps[-1] = (self.gaps[-1][0], True)
                self.backfilled.append(backfilled_seconds)
            self._changed.notify_all()

    def lose_until(self, at: datetime) -> None:
        with self._changed:
            self.lost_until.append(at)

    def gap_seconds(self) -> float:
        return self.gap_lasted if self.gaps and not self.gaps[-1][1] else 0

    def add(self, posts: int) -> None:
        with self._changed:
            self.used += posts
            self._changed.notify_all()

    def posts(self, since: date) -> int:  # noqa: ARG002 - all of them are today's
        return self.used

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(is_so, BOUND_SECONDS), (self.events[:5], self.gaps)
