"""Runs the query, starts it again when it fails, and stops it between two batches."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

from pyspark.sql.streaming.query import StreamingQuery

import log_context
from clock import Clock
from errors import CannotStart, JobError, StopRequested
from processors.base import StreamProcessor
from runtime.failures import cause, verdict
from runtime.stopping import StopSignal

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.2
_FIRST_BACK_OFF_SECONDS, _LONGEST_BACK_OFF_SECONDS = 1, 30


class Watcher(Protocol):
    """Who is told what the supervisor does."""

    def waiting(self) -> None:
        """A look at the running query found nothing to do."""

    def progressed(self, progress: Mapping[str, Any]) -> None:
        """Spark's last word on the query (`StreamingQuery.lastProgress`), which may have been told before."""

    def query_failed(self, why: str, again_in_seconds: float) -> None:
        """The query ended with an error and starts again. why: in one line, `runtime.failures.cause`."""


class Supervisor:
    """Keeps one query running.

    check is called at every look and raises what ends the job: a lost lease, a dead receiver. pause lets the time
    between two looks pass.
    """

    def __init__(
        self,
        processor: StreamProcessor,
        stop: StopSignal,
        check: Callable[[], None],
        watcher: Watcher,
        start_timeout_seconds: float,
        clock: Clock,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._processor = processor
        self._stop = stop
        self._check = check
        self._watcher = watcher
        self._start_timeout_seconds = start_timeout_seconds
        self._clock = clock
        self._pause = pause
        self._asked_in: int | None = None

    def run(self) -> None:
        """Run until stopped or, with `available_now`, until all is handled.

        Raises JobError when it ends for good, and what `runtime.failures.verdict` does not understand.
        """
        failures = 0
        first_failed: float | None = None
        while not self._stop.is_set():
            stored = self._processor.batches_stored
            failure = self._run_query()
            if failure is None:
                return
            if (end := verdict(failure)) is not None:
                raise end from failure
            self._check()
            first_failed = self._clock.monotonic() if first_failed is None else first_failed
            self._check_start(failure, self._clock.monotonic() - first_failed)
            failures = failures + 1 if self._processor.batches_stored == stored else 1
            seconds = min(_FIRST_BACK_OFF_SECONDS * 2 ** (failures - 1), _LONGEST_BACK_OFF_SECONDS)
            self._watcher.query_failed(cause(failure), seconds)
            self._stop.wait(seconds)

    def _check_start(self, failure: BaseException, failing_seconds: float) -> None:
        """A job that never stored anything is not healed for ever: it did not start."""
        if not self._processor.batches_stored and failing_seconds >= self._start_timeout_seconds:
            raise CannotStart(
                f"no batch could be stored within {self._start_timeout_seconds:g} s of the start: {cause(failure)}"
            ) from failure

    def _run_query(self) -> BaseException | None:
        """What the query died of, None when it was stopped or is done."""
        self._processor.failure = None
        try:
            query = self._processor.write_stream()
            log_context.belongs_to(query_id=str(query.id))
            try:
                was_stopped = self._watch(query)
            finally:
                query.stop()
            failure: BaseException | None = self._processor.failure or query.exception()
        except JobError:
            raise
        except Exception as refusal:  # noqa: BLE001 - verdict raises what it does not know
            return refusal
        if failure is None and not (was_stopped or self._processor.settings.available_now):
            raise JobError("Spark ended the query without saying why. Nothing is lost: start the job again.")
        return None if isinstance(failure, StopRequested) else failure

    def _watch(self, query: StreamingQuery) -> bool:
        """Look at the query until it ends by itself, or between two batches once the job is to stop: then True."""
        while query.isActive:
            self._check()
            progress = self._progress(query)
            if progress is not None:
                self._watcher.progressed(progress)
            if self._is_between_batches(progress):
                if self._stop.is_set():
                    return True
                self._processor.between_batches()
            self._watcher.waiting()
            self._pause(_LOOK_SECONDS)
        return False

    def _progress(self, query: StreamingQuery) -> Mapping[str, Any] | None:
        """Spark's last word, where there may be a new one: between two batches, and once while one runs."""
        running = self._processor.running
        if running is not None and running == self._asked_in:
            return None
        self._asked_in = running
        return cast("Mapping[str, Any] | None", query.lastProgress)

    def _is_between_batches(self, progress: Mapping[str, Any] | None) -> bool:
        """Whether nothing runs, and Spark has put the last batch's commit on disk: `query.stop()` interrupts.

        progress: what Spark said before.
        """
        if self._processor.running is not None:
            return False
        last = self._processor.last_batch
        return last is None or (progress is not None and int(progress["batchId"]) >= last)
