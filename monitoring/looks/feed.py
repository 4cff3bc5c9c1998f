"""A push feed: whether it is heard."""

from clock import Clock
from monitoring import definitions as of
from monitoring.check import Check
from monitoring.metrics import Metrics
from runtime.reception import Reception

_REPEATING_SECONDS = 30
"""Between two connections a feed may repeat what was missed: it is read, though the gap is not closed yet."""


class FeedLook:
    """What its receiver, its spool's writer and `coverage` know already."""

    name = "feed"

    def __init__(self, metrics: Metrics, reception: Reception, clock: Clock) -> None:
        self._metrics = metrics
        self._reception = reception
        self._clock = clock
        self._counted = dict.fromkeys((of.HEARD, of.RECONNECTS), 0)

    def look(self) -> Check:
        """Well: connected, however quiet; being repeated to; or not listening on purpose."""
        gaps, heard_at = self._reception.gaps, self._reception.writer.heard_at
        self._metrics.set(of.CONNECTED, gaps.is_connected)
        self._metrics.set(of.GAP, gaps.gap_seconds())
        if heard_at is not None:
            self._metrics.set(of.LAST_EVENT, heard_at / 1000)
        for counter, number in ((of.HEARD, self._reception.heard), (of.RECONNECTS, gaps.reconnects)):
            self._metrics.add(counter, number - self._counted[counter])
            self._counted[counter] = number
        return Check(self.name, self._problem())

    def _problem(self) -> str | None:
        gaps, heard_at = self._reception.gaps, self._reception.writer.heard_at
        if gaps.is_connected or self._reception.rests_until is not None:
            return None
        if heard_at is not None and self._clock.now().timestamp() - heard_at / 1000 < _REPEATING_SECONDS:
            return None
        return f"not connected: {gaps.cause or 'not yet'}"
