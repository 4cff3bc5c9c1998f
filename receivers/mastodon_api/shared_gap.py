"""One coverage for several connections: the feed is heard while all of them are."""

import threading
from datetime import datetime, timedelta

from clock import Clock
from receivers.base import Gaps


class SharedGap:
    """A gap is open from when the first connection is away until all are there; at the beginning all are away.

    Of a gap, only what was lost to none of them counts as repeated. A connection that is found to have been away since
    before the gap that is open does not make it longer: by half a minute at most, in which others were away too.
    """

    def __init__(self, coverage: Gaps, names: list[str], clock: Clock) -> None:
        self._coverage = coverage
        self._clock = clock
        self._lock = threading.Lock()
        self._names = names
        self._away: dict[str, datetime | None] = dict.fromkeys(names)  # None: since a former run of the job
        self._lost_until: datetime | None = None

    def members(self) -> "list[Member]":
        """What each connection tells of itself, in the names' order."""
        return [Member(self, name) for name in self._names]

    def open(self, name: str, cause: str, since: datetime | None) -> None:
        """A connection is not there, see `Gaps.open_gap`."""
        with self._lock:
            self._away.setdefault(name, since or self._clock.now())
            self._coverage.open_gap(cause if len(self._names) == 1 else f"{name}: {cause}", since)

    def close(self, name: str, repeated_seconds: float, at: datetime | None) -> None:
        """It is there again, see `Gaps.close_gap`."""
        with self._lock:
            if name not in self._away:
                return
            now, began = at or self._clock.now(), self._since(name)
            del self._away[name]
            heard_from = now - timedelta(seconds=repeated_seconds)
            if heard_from > began or not repeated_seconds:
                self._lost_until = max(self._lost_until or heard_from, heard_from)
            if self._away:
                return
            whole = self._coverage.gap_seconds()
            lost_until, self._lost_until = self._lost_until, None
            self._coverage.close_gap(whole + 1 if lost_until is None else (now - lost_until).total_seconds(), at=now)

    def seconds(self, name: str) -> float:
        """How long it has been away; 0 while it is there."""
        with self._lock:
            return (self._clock.now() - self._since(name)).total_seconds() if name in self._away else 0

    def _since(self, name: str) -> datetime:
        return self._away[name] or self._clock.now() - timedelta(seconds=self._coverage.gap_seconds())


class Member:
    """The coverage of one connection."""

    def __init__(self, shared: SharedGap, name: str) -> None:
        self._shared = shared
        self._name = name

    def open_gap(self, cause: str, since: datetime | None = None) -> None:
        """See `Gaps`."""
        self._shared.open(self._name, cause, since)

    def close_gap(self, backfilled_seconds: float = 0, at: datetime | None = None) -> None:
        """See `Gaps`."""
        self._shared.close(self._name, backfilled_seconds, at)

    def gap_seconds(self) -> float:
        """See `Gaps`."""
        return self._shared.seconds(self._name)
