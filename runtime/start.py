"""What a job has in hand while it starts: its settings, what it has opened, and patience with servers that are away."""

import logging
from collections.abc import Callable
from contextlib import ExitStack

from clock import Clock
from errors import CannotStart, StopRequested
from monitoring.lookout import Lookout
from monitoring.progress import Progress
from runtime.stopping import StopSignal
from settings import Settings

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5


class Start:
    """Of one job. opened: what is to be closed at its end, in the opposite order."""

    def __init__(
        self, settings: Settings, stop: StopSignal, progress: Progress, lookout: Lookout, clock: Clock
    ) -> None:
        self.settings = settings
        self.stop = stop
        self.progress = progress
        self.lookout = lookout
        self.clock = clock
        self.opened = ExitStack()

    def pause(self, seconds: float = _LOOK_SECONDS) -> bool:
        """Let time pass; True when the job is to stop."""
        self.lookout.signs.pulse()
        return self.stop.wait(seconds)

    def wait_for(self, problem: Callable[[], str | None]) -> None:
        """Wait for a server. Raises CannotStart after `start_timeout_seconds`, StopRequested when asked to stop."""
        deadline = self.clock.monotonic() + self.settings.start_timeout_seconds
        is_said = False
        while (why := problem()) is not None:
            if self.clock.monotonic() >= deadline:
                raise CannotStart(f"cannot be reached after {self.settings.start_timeout_seconds:g} s: {why}")
            if not is_said:
                log.warning("waiting for a server why=%r", why)
                self.progress.say("waiting for a server")
                is_said = True
            if self.pause():
                raise StopRequested
