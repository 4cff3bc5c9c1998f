"""Where in the feed the receiver is, and from where it asks for more."""

import json
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SAME_HOST_US = 5_000_000
"""How far a cursor is set back. A host's times only grow; this much is for one that was itself begun anew."""
OTHER_HOST_US = 60_000_000
"""Each host has times of its own: when it saw the event. So much they may differ."""
_STRETCH_US = 2 * OTHER_HOST_US
_STEP_US = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """A cursor, in microseconds since 1970, as the others.

    until: how far the feed was heard; slack_us: how much later than that an event may be that was the next one.
    """

    cursor: int
    until: int
    slack_us: int


class Place:
    """The time of the last event, and the host whose time that is."""

    def __init__(self) -> None:
        self._time_us: int | None = None
        self._host = ""
        # (time, when it was heard) of an event a second, as far back as a cursor may be set.
        self._stretch: deque[tuple[int, datetime]] = deque()

    def resume(self, noted: str | None) -> None:
        """Be where `note` was. Raises ValueError for what is no such note."""
        if noted is None:
            return
        found = json.loads(noted)
        self._time_us, self._host = int(found["time_us"]), str(found["host"])
        self._stretch = deque([(self._time_us - _STRETCH_US, datetime.fromisoformat(found["repeats_from"]))])

    def ask(self, host: str, now: datetime) -> Asked | None:
        """What to ask this host for; None where there is no place yet: what comes now."""
        if self._time_us is None:
            return None
        until = min(self._time_us, microseconds(now))
        slack = SAME_HOST_US if host == self._host else OTHER_HOST_US
        return Asked(until - slack, until, slack)

    def move(self, time_us: int, host: str, heard_at: datetime, may_go_back: bool) -> None:
        """An event of that time was appended.

        may_go_back: this host's clock is behind that of the one before. A clock that is ahead leads to an earlier place
        than it says: a cursor that is not yet is none to any host.
        """
        time_us = min(time_us, microseconds(heard_at))
        if self._time_us is not None and not may_go_back:
            time_us = max(time_us, self._time_us)
        self._time_us, self._host = time_us, host
        if not self._stretch or time_us >= self._stretch[-1][0] + _STEP_US:
            self._stretch.append((time_us, heard_at))
        while len(self._stretch) > 1 and self._stretch[1][0] <= time_us - _STRETCH_US:
            self._stretch.popleft()

    @property
    def repeats_from(self) -> datetime:
        """What was heard before that lies before any cursor that is to come."""
        return self._stretch[0][1]

    def note(self) -> str:
        """The place in words, for `resume`."""
        return json.dumps({"time_us": self._time_us, "host": self._host, "repeats_from": self.repeats_from.isoformat()})


def microseconds(moment: datetime) -> int:
    """Since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(time_us: int) -> datetime:
    """The time of day, UTC, in whole milliseconds."""
    return _EPOCH + timedelta(milliseconds=time_us // 1000)
