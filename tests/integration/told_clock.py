"""A clock that is told the time."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 2, tzinfo=UTC)


class ToldClock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def at(self, seconds: float) -> datetime:
        return START + timedelta(seconds=seconds)
