"""The machine's clock for who waits before trying again: shortly."""

import threading

from clock import SystemClock

LONGEST_SECONDS = 0.05


class HurriedClock(SystemClock):
    """Lets a twentieth of a second pass where more is asked for."""

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(min(seconds, LONGEST_SECONDS))
