"""Which events were heard not long ago, by their keys."""

import logging
import math
from collections import deque
from hashlib import blake2b

log = logging.getLogger(__name__)

MOST_KEYS = 1_000_000


def digest(key: str) -> int:
    """The key in 128 bits (BLAKE2b, https://www.rfc-editor.org/rfc/rfc7693), however long it is."""
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest(), "big")


class Seen:
    """Digests of keys, and when each was heard first; times are milliseconds since 1970.

    A key is forgotten `within_seconds` after it was heard, and earlier where there are more than `most`: the oldest go
    first. Where the clock was set back, what was heard "later" counts as heard now: it is remembered longer. A key
    takes 150 bytes of memory, however long it is.

    held_from: what was heard then or later is remembered whatever its age.
    """

    def __init__(self, within_seconds: float, most: int = MOST_KEYS) -> None:
        self._within = math.ceil(within_seconds * 1000)
        self._most = most
        self._keys: set[int] = set()
        self._order: deque[int] = deque()
        self._times: deque[int] = deque()  # of `_order`, never falling
        self._has_warned = False
        self.held_from: int | None = None

    def __contains__(self, key: int) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def oldest(self) -> int | None:
        """When the oldest key was heard; None where none is known."""
        return self._times[0] if self._times else None

    def is_young(self, heard_at: int, now: int) -> bool:
        """Whether what was heard at that time is to be remembered now."""
        is_held = self.held_from is not None and heard_at >= self.held_from
        return is_held or heard_at > now - self._within

    def forget(self, now: int) -> None:
        """Let it be that late: forget what is too old."""
        later = 0
        while self._times and self._times[-1] > now:
            self._times.pop()
            later += 1
        self._times.extend([now] * later)
        if self.held_from is not None:
            self.held_from = min(self.held_from, now)
        while self._times and not self.is_young(self._times[0], now):
            self._forget_oldest()

    def add(self, key: int, heard_at: int) -> None:
        """Remember a key; a known one keeps its time."""
        if key in self._keys:
            return
        if len(self._keys) >= self._most:
            self._warn()
            self._forget_oldest()
        self._keys.add(key)
        self._order.append(key)
        self._times.append(max(heard_at, self._times[-1]) if self._times else heard_at)

    def _forget_oldest(self) -> None:
        self._times.popleft()
        self._keys.remove(self._order.popleft())

    def _warn(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            log.warning(
                "more events than can be remembered, an event that the feed repeats may pass most=%s", self._most
            )
