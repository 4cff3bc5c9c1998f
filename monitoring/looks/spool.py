"""The spool of a push feed: how much is in it, since when, and whether there is room."""

from clock import Clock
from monitoring import definitions as of
from monitoring.check import Check
from monitoring.metrics import Metrics
from runtime.reception import Reception


class SpoolLook:
    """Lists the spool's folder, by the names of whose files all is told."""

    name = "spool"

    def __init__(self, metrics: Metrics, reception: Reception, most_bytes: int, clock: Clock) -> None:
        self._metrics = metrics
        self._reception = reception
        self._clock = clock
        metrics.set(of.SPOOL_LIMIT, most_bytes)

    def look(self) -> Check:
        """Well while the feed's events are taken."""
        try:
            held = self._reception.backlog()
        except OSError as error:
            return Check(self.name, f"cannot be listed: {error}")
        age = (self._clock.now() - held.since).total_seconds() if held.since else 0
        self._metrics.set(of.SPOOL_BYTES, held.bytes)
        self._metrics.set(of.SPOOL_AGE, max(0, age))
        full = self._reception.writer.full_because
        return Check(self.name, f"takes no more: {full}" if full else None)
