"""What the operator sees of a feed: a live line on a terminal, otherwise a log line now and then."""

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from rich.live import Live

from operations.pace import Clock
from operations.terminal import terminal

log = logging.getLogger(__name__)

LOG_EVERY_SECONDS = 10.0
WINDOW_SECONDS = 5.0
"""`rate` is the mean of the last so many seconds."""


class Progress:
    """Counts of one feed. Told by one thread; a live line may read it from another."""

    def __init__(self, clock: Clock, logs: bool) -> None:
        """`logs`: write a log line every `LOG_EVERY_SECONDS` in which something was sent."""
        self._clock = clock
        self._logs = logs
        self._logged_at = clock.now()
        self._recent: deque[tuple[float, int]] = deque([(clock.now(), 0)])
        self.total = 0
        self.clients: int | None = None

    def sent(self, events: int) -> None:
        """So many more events were handed over."""
        now = self._clock.now()
        self.total += events
        # One entry per tenth of a second, however many events: the window stays small.
        if now - self._recent[-1][0] > 0.1:
            self._recent.append((now, self.total))
        while len(self._recent) > 1 and now - self._recent[0][0] > WINDOW_SECONDS:
            self._recent.popleft()
        if self._logs and now - self._logged_at > LOG_EVERY_SECONDS:
            self._logged_at = now
            log.info("feed %s", self)

    @property
    def rate(self) -> float:
        """Events per second over the last `WINDOW_SECONDS`."""
        now = self._clock.now()
        recent = [entry for entry in list(self._recent) if now - entry[0] <= WINDOW_SECONDS]
        if not recent:
            return 0.0
        since, before = recent[0]
        return (self.total - before) / (now - since) if now > since else 0.0

    def __str__(self) -> str:
        clients = "" if self.clients is None else f" clients={self.clients}"
        return f"sent={self.total} rate={self.rate:.1f}/s{clients}"

    def __rich__(self) -> str:
        clients = "" if self.clients is None else f"  [bold]{self.clients}[/] clients"
        return f"[bold]{self.total:,}[/] sent  [bold]{self.rate:,.1f}[/] events/s{clients}"


@contextmanager
def shown(clock: Clock) -> Iterator[Progress]:
    """A progress that the operator sees while the block runs, and a last line at an orderly end."""
    live = terminal().is_terminal
    progress = Progress(clock, logs=not live)
    with Live(progress, console=terminal(), transient=True) if live else nullcontext():
        yield progress
    log.info("feed ended sent=%s", progress.total)
