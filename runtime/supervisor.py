"""Runs the query, starts it again when it fails, and stops it between two batches."""

import logging
import time
from collections.abc import Callable
from typing import Protocol

from pyspark.sql.streaming.query import StreamingQuery

from errors import CannotStart, StopRequested
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

    def query_failed(self, why: str, again_in_seconds: float) -> None:
        """The query ended with an error and starts again."""


class Supervisor:
    """Keeps one query running.

    check is called at every look and raises what ends the job: a lost lease, a dead receiver.
    """

    def __init__(
        self,
        processor: StreamProcessor,
        stop: StopSignal,
        check: Callable[[], None],
        watcher: Watcher,
        start_timeout_seconds: float,
    ) -> None:
        self._processor = processor
        self._stop = stop
        self._check = check
        self._watcher = watcher
        self._start_timeout_seconds = start_timeout_seconds

    def run(self) -> None:
        """Run until stopped or, with `available_now`, until all is handled. Raises JobError when it ends for good."""
        began = time.monotonic()
        failures = 0
        while not self._stop.is_set():
            stored = self._processor.batches_stored
            failure = self._run_query()
            if failure is None:
                return
            if (end := verdict(failure)) is not None:
                raise end from failure
            if not self._processor.batches_stored and time.monotonic() - began > self._start_timeout_seconds:
                raise CannotStart(
                    f"no batch could be stored within {self._start_timeout_seconds:g} s of the start: {cause(failure)}"
                ) from failure
            failures = failures + 1 if self._processor.batches_stored == stored else 1
            seconds = min(_FIRST_BACK_OFF_SECONDS * 2 ** (failures - 1), _LONGEST_BACK_OFF_SECONDS)
            self._watcher.query_failed(cause(failure), seconds)
            self._stop.wait(seconds)

    def _run_query(self) -> BaseException | None:
        """What the query died of, None when it was stopped or is done."""
        self._processor.failure = None
        try:
            query = self._processor.write_stream()
        except Exception as refusal:  # noqa: BLE001 - verdict raises what it does not know
            return refusal
        try:
            self._watch(query)
        finally:
            query.stop()
        failure: BaseException | None = self._processor.failure or query.exception()
        return None if isinstance(failure, StopRequested) else failure

    def _watch(self, query: StreamingQuery) -> None:
        while query.isActive:
            self._check()
            if self._stop.is_set() and self._is_between_batches(query):
                return
            self._watcher.waiting()
            time.sleep(_LOOK_SECONDS)

    def _is_between_batches(self, query: StreamingQuery) -> bool:
        """Whether nothing runs, and Spark has put the last batch's commit on disk: `query.stop()` interrupts."""
        if self._processor.running is not None:
            return False
        progress = query.lastProgress
        last = self._processor.last_batch
        return last is None or (progress is not None and int(progress["batchId"]) >= last)
