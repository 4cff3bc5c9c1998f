"""What a receiver says of its connection, passed on to `coverage` and counted."""

from datetime import datetime

from receivers.base import Coverage


class CountedGaps:
    """`receivers.base.Coverage` for one receiver; the connection counts as there from when its gap is closed."""

    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage
        self._times = 0
        self.is_connected = False
        self.cause: str | None = None
        """Why it is not."""

    @property
    def reconnects(self) -> int:
        """How often the feed was heard again since the start."""
        return max(0, self._times - 1)

    def open_gap(self, cause: str, since: datetime | None = None) -> None:
        """See `Gaps`."""
        self.is_connected, self.cause = False, cause
        self._coverage.open_gap(cause, since)

    def close_gap(self, backfilled_seconds: float = 0, at: datetime | None = None) -> None:
        """See `Gaps`."""
        self._times += not self.is_connected
        self.is_connected, self.cause = True, None
        self._coverage.close_gap(backfilled_seconds, at)

    def gap_seconds(self) -> float:
        """See `Gaps`."""
        return self._coverage.gap_seconds()

    def lose_until(self, at: datetime) -> None:
        """See `Coverage`."""
        self._coverage.lose_until(at)
