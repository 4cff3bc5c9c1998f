"""The job's lease."""

from datetime import timedelta

from clock import Clock
from ledger.lease import Lease
from monitoring import definitions as of
from monitoring.check import Check
from monitoring.metrics import Metrics


class LeaseLook:
    """Whether it is held, and its heartbeat written: one as old as a period lets another process take it."""

    name = "lease"

    def __init__(self, metrics: Metrics, lease: Lease, clock: Clock) -> None:
        self._metrics = metrics
        self._lease = lease
        self._clock = clock
        metrics.set(of.LEASE_PERIOD, lease.period_seconds)

    def look(self) -> Check:
        """Reads what the lease knows of itself."""
        problem = self._problem()
        self._metrics.set(of.LEASE_HELD, problem is None)
        if self._lease.heartbeat is not None:
            self._metrics.set(of.HEARTBEAT, self._lease.heartbeat.timestamp())
        return Check(self.name, problem)

    def _problem(self) -> str | None:
        if self._lease.is_lost:
            return "another process has taken it"
        written_at = self._lease.heartbeat
        age = self._clock.now() - written_at if written_at else timedelta.max
        if age > timedelta(seconds=self._lease.period_seconds):
            return (
                f"the heartbeat was written last at {written_at:%Y-%m-%d %H:%M:%S} UTC" if written_at else "not taken"
            )
        return None
