"""Since when the stream is not heard: gaps begin with the last sign of life, not when its absence was noticed."""

from datetime import datetime, timedelta

from clock import Clock
from receivers.base import Gaps

_SLOW = timedelta(seconds=1)
_CATCHING_UP = timedelta(seconds=30)


class Attention:
    """Tells `coverage` of each time between two connections.

    A gap ends when a connection was made, but only once something has come over it: of a connection that brings
    nothing nobody knows what it would have repeated.
    """

    def __init__(self, coverage: Gaps, clock: Clock) -> None:
        self._coverage = coverage
        self._clock = clock
        self._connected_at: datetime | None = None
        self._is_proved = False  # something has come over this connection
        self._last = self._trusted_from = clock.now()
        self._repeated_seconds = 0.0

    def connected(self, backfill_minutes: int = 0) -> None:
        """A connection is there, which repeats so many minutes."""
        self._connected_at = self._last = self._trusted_from = self._clock.now()
        self._is_proved, self._repeated_seconds = False, 60 * backfill_minutes

    def repeated(self, seconds: float) -> None:
        """What was said in so many seconds before the connection has been fetched; call it before `alive`."""
        self._repeated_seconds = seconds

    def alive(self) -> None:
        """An event or a keep-alive has come."""
        now = self._clock.now()
        if not self._is_proved and self._connected_at is not None:
            self._is_proved = True
            self._coverage.close_gap(self._repeated_seconds, at=self._connected_at)
        if now >= self._trusted_from:
            self._last = now

    def read_again(self, since: datetime) -> None:
        """Nothing was read since then: the spool had no room. What comes next may have been sent before."""
        now = self._clock.now()
        if now - since > _SLOW:
            self._last = min(self._last, since)
            self._trusted_from = now + _CATCHING_UP

    def lost(self, why: str) -> float:
        """The connection has ended, or there was none; for how many seconds something came over it."""
        lasted = 0.0
        if self._connected_at is not None and self._is_proved:
            lasted = (self._last - self._connected_at).total_seconds()
        self._coverage.open_gap(why, since=self._last if self._connected_at is not None else None)
        self._connected_at = None
        return lasted
