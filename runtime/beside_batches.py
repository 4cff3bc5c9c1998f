"""What the job does beside its batches, in a thread: what the feed asks to go is removed, and no batch waits for it."""

import logging
import threading
from collections.abc import Callable

from pymongo.errors import PyMongoError

from clock import Clock
from errors import JobError, StopRequested
from ledger.honouring import Honouring
from outage import News, Outage
from runtime.stopping import StopSignal

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1
_STOP_SECONDS = 10


class BesideBatches:
    """Looks again and again. A database that is away costs a look: what is not done yet is done later."""

    def __init__(self, honouring: Honouring, stop: StopSignal, clock: Clock) -> None:
        self._honouring = honouring
        self._stop = stop
        self._clock = clock
        self._failure: Exception | None = None
        self._outage = Outage(clock, steady_seconds=0)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="removals", daemon=True)

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End between two documents; twice does nothing. What takes longer, an index, is left to the server."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(_STOP_SECONDS)

    def check(self) -> None:
        """Raises JobError where something has ended the thread: it, or what it was."""
        if isinstance(self._failure, JobError):
            raise self._failure
        if self._failure is not None:
            raise JobError(f"what the feed asks to go could not be removed: {self._failure!r}") from self._failure

    def finish(self) -> None:
        """No batch comes any more: do all that is due now. Raises JobError."""
        self.stop()
        while self._failure is None and self._look(self._stop.is_set):
            pass
        self.check()

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._look(self._stopping.is_set):
                self._clock.wait(self._stopping, _LOOK_SECONDS)

    def _look(self, is_stopping: Callable[[], bool]) -> bool:
        """Whether there may be more to do at once."""
        try:
            is_more = self._honouring.look(is_stopping)
        except StopRequested:
            return False
        except PyMongoError as error:
            self._tell(self._outage.failed("MongoDB"), error)
            return False
        except Exception as failure:  # noqa: BLE001 - check raises it in the main thread
            self._failure = failure
            self._stopping.set()
            return False
        if self._outage.there() is not None:
            log.warning("what the feed asks to go is removed again, MongoDB is back")
        return is_more

    def _tell(self, news: News | None, error: PyMongoError) -> None:
        if news is News.STILL_AWAY:
            log.warning(
                "what the feed asks to go is still not removed, MongoDB fails seconds=%.0f tries=%s error=%r",
                *(self._outage.seconds, self._outage.tries, str(error)),
            )
        elif news is not None:
            log.warning("what the feed asks to go is not removed yet, MongoDB failed error=%r", str(error))
