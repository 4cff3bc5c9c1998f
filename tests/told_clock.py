"""A clock that is told the time."""

import threading
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 2, tzinfo=UTC)


class ToldClock:
    """Stands still until it is told to go on, or somebody waits: then that time has passed."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.waits.append(seconds)
        self.seconds += seconds
        return event.is_set()

    def at(self, seconds: float) -> datetime:
        return START + timedelta(seconds=seconds)
