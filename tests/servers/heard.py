"""A spool and a coverage that are lists."""

import threading
from collections.abc import Callable, Sequence

from spool.segments import CutEvent

BOUND_SECONDS = 30


class Heard:
    """What a receiver appended, and the gaps that it noted: (cause, whether it was closed)."""

    def __init__(self) -> None:
        self.events: list[bytes | CutEvent] = []
        self.gaps: list[tuple[str, bool]] = []
        self._changed = threading.Condition()

    def append(self, events: Sequence[bytes | CutEvent]) -> None:
        with self._changed:
            self.events += events
            self._changed.notify_all()

    def open_gap(self, cause: str) -> None:
        with self._changed:
            if not self.gaps or self.gaps[-1][1]:
                self.gaps.append((cause, False))
            self._changed.notify_all()

    def close_gap(self) -> None:
        with self._changed:
            if self.gaps and not self.gaps[-1][1]:
                self.gaps[-1] = (self.gaps[-1][0], True)
            self._changed.notify_all()

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(is_so, BOUND_SECONDS), (self.events[:5], self.gaps)
