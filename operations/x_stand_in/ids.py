"""Ids as X makes them: 19 digits that grow with time."""

import threading
import time

EPOCH_MILLISECONDS = 1_288_834_974_657
LOW_BITS = 22
"""The part of an id below its milliseconds."""


class Ids:
    """Each id is greater than all before it, also than those of an earlier run on the same machine."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._last = 0

    def next(self) -> str:
        """The next id: the present millisecond, or one more than the last."""
        now = (time.time_ns() // 1_000_000 - EPOCH_MILLISECONDS) << LOW_BITS
        with self._guard:
            self._last = max(now, self._last + 1)
            return str(self._last)
