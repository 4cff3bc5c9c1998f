"""The thread that hands over and rolls the open segment in time for each trigger."""

import threading
import time
from collections.abc import Callable

from spool.writer import SpoolWriter

_FLUSH_SECONDS = 0.1
_LEAD_SECONDS = 0.25  # a segment closed so long before the trigger is in its batch


class Roller:
    """Flushes every 100 ms, rolls just before each trigger.

    Spark fires a processing-time trigger at whole multiples of its interval since 1970 (Spark 3.5,
    ProcessingTimeExecutor.nextBatchTime). A failure is kept in `failure` and ends the thread.
    """

    def __init__(self, writer: SpoolWriter, trigger_seconds: float, now: Callable[[], float] = time.time) -> None:
        self._writer = writer
        self._trigger_seconds = trigger_seconds
        self._lead_seconds = min(_LEAD_SECONDS, trigger_seconds / 4)
        self._now = now
        self._rolled = self._due()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spool-roller", daemon=True)
        self.failure: BaseException | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the flush in hand; the open segment stays open."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def tick(self) -> None:
        """Hand over what was heard; roll where a trigger is near and this was not done for it yet."""
        self._writer.flush()
        if (due := self._due()) != self._rolled:
            self._writer.roll()
            self._rolled = due

    def _due(self) -> int:
        """The number of the trigger that a segment closed now is in time for."""
        return int((self._now() + self._lead_seconds) // self._trigger_seconds)

    def _run(self) -> None:
        try:
            while not self._stopping.wait(_FLUSH_SECONDS):
                self.tick()
        except BaseException as failure:  # noqa: BLE001 - the supervisor raises it
            self.failure = failure
