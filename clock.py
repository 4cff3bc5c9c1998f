"""Time as the job sees it, handed in so that a test can tell it."""

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Two readings, one to measure ages with and one to write down, and a way to let time pass."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""

    def now(self) -> datetime:
        """The time of day, aware, UTC."""

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Let so many seconds pass, or less: True as soon as the event is set."""


class SystemClock:
    """The machine's clock; `now` in whole milliseconds, as BSON dates are, so that a stored time equals its source."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        return time.monotonic()

    def now(self) -> datetime:
        """The time of day, aware, UTC, in whole milliseconds."""
        time_of_day = datetime.now(UTC)
        return time_of_day.replace(microsecond=time_of_day.microsecond // 1000 * 1000)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Let so many seconds pass, or less: True as soon as the event is set."""
        return event.wait(seconds)
