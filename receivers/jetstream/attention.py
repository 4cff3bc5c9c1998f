"""Since when the feed is not heard, what of it was repeated, and what was not."""

from datetime import datetime, timedelta

from clock import Clock
from receivers.base import Coverage
from receivers.jetstream.place import Asked, microseconds, moment_of

_NOTHING_IS_REPEATED_AFTER_SECONDS = 10.0
"""A host that repeats does not pause; one that says nothing for so long has said everything."""
_LOOKED_AT_FOR_SECONDS = 10.0
_FASTER_THAN_LIFE = 2
"""A host that repeats goes through the time many times faster than it passes."""


class Attention:
    """Tells `coverage` of each time between two connections.

    A gap is open from the last event until the connection that follows has repeated what was said before it was made:
    then what was repeated is backfilled, what the host had no more is lost. Nothing is said of a connection over which
    nothing has come.
    """

    def __init__(self, coverage: Coverage, clock: Clock) -> None:
        self._coverage = coverage
        self._clock = clock
        self._asked: Asked | None = None
        self._connected_at: datetime | None = None
        self._last: datetime | None = None
        self._first: tuple[int, datetime] | None = None  # of this connection: its time, and when it came
        self.is_live = False
        """Whether what comes now is new, and no repetition."""
        self.has_caught_up = False
        """Whether an event has come that is younger than the connection."""
        self.is_out_of_step = False
        """Whether the host took the cursor for a time that is not yet: its clock is behind."""

    def connected(self, asked: Asked | None) -> None:
        """A connection was made with that cursor; None: what comes now was asked for."""
        self._asked = asked
        self._connected_at = self._clock.now()
        self._last = self._first = None
        self.is_live = self.has_caught_up = self.is_out_of_step = False

    def heard(self, time_us: int | None) -> None:
        """An event has come; time_us: the host's time of it, None where it says none."""
        if self._connected_at is None:
            return
        self._last = self._clock.now() if time_us is None else min(self._clock.now(), moment_of(time_us))
        if self._asked is None and not self.is_live:
            self._hear_again(repeated=False)
        if time_us is None:
            return
        if self._asked is not None and not self.is_live:
            self._compare(time_us, self._asked)
        if time_us >= microseconds(self._connected_at):
            self.has_caught_up = True
            self._hear_again(repeated=True)

    def silent(self, seconds: float) -> None:
        """Nothing has come for so long."""
        if self._last is not None and seconds >= _NOTHING_IS_REPEATED_AFTER_SECONDS:
            self._hear_again(repeated=True)

    def was_missed(self, time_us: int) -> bool:
        """Whether an event of that time was said before the connection was made."""
        return self._connected_at is not None and time_us < microseconds(self._connected_at)

    def lost(self, why: str) -> float:
        """The connection has ended, or there was none; for how many seconds something came over it."""
        last, connected_at = self._last, self._connected_at
        if last is not None and not self.is_live:
            self._end_of_what_was_repeated(last)
        self._coverage.open_gap(why, since=last)
        self._connected_at = self._last = None
        if last is None or connected_at is None:
            return 0.0
        return max(0.0, (self._clock.now() - connected_at).total_seconds())

    def _compare(self, time_us: int, asked: Asked) -> None:
        now = self._clock.now()
        if self._first is None:
            self._first = time_us, now
            if time_us > asked.until + asked.slack_us:
                self._coverage.open_gap("the host has no more what was said before", since=moment_of(asked.until))
                self._coverage.lose_until(moment_of(time_us))
            return
        passed = now - self._first[1]
        is_slow = time_us - self._first[0] <= _FASTER_THAN_LIFE * passed / timedelta(microseconds=1)
        if time_us < asked.cursor and is_slow and passed >= timedelta(seconds=_LOOKED_AT_FOR_SECONDS):
            self.is_out_of_step = True
            self._hear_again(repeated=False)

    def _hear_again(self, repeated: bool) -> None:
        if not self.is_live:
            self.is_live = True
            self._coverage.close_gap(self._coverage.gap_seconds() if repeated else 0, at=self._connected_at)

    def _end_of_what_was_repeated(self, at: datetime) -> None:
        gap_seconds = self._coverage.gap_seconds()
        if at > self._clock.now() - timedelta(seconds=gap_seconds):
            self._coverage.close_gap(gap_seconds, at=at)
