"""The case count of each micro-batch, fetched beside the batch and never able to hold it up or stop it."""

import logging
import threading
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from case_count import UNKNOWN, CaseCount, Reading
from clock import Clock
from errors import CountUnavailable, CountUnparsed
from scraper.base import CountProvider, ReadingCache

log = logging.getLogger(__name__)

_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class _Attempt:
    began: float
    answer: Future[Reading] = field(default_factory=Future)


class CaseCounter:
    """Calls `begin` at the start of a micro-batch, `result` when the batch is otherwise ready.

    | the attempt                                 | total                                   | status           |
    |---------------------------------------------|-----------------------------------------|------------------|
    | page read and parsed                        | the number, and the cache keeps it      | live             |
    | failed, or no answer within `wait_seconds`  | last good number, -1 if there never was | cached / never   |
    | page read, number not found                 | -1, and the cache keeps its number      | unparsed         |

    An attempt's outcome stands for every batch that begins within `max_age_seconds` of its beginning, so a backlog
    of fast batches asks the page no more often than that. An answer that comes too late for its batch is kept for the
    next. There is never more than one attempt in flight.
    """

    def __init__(
        self,
        provider: CountProvider,
        last_good: ReadingCache,
        *,
        max_age_seconds: float,
        wait_seconds: float,
        stale_after_days: float,
        clock: Clock,
    ) -> None:
        self._provider = provider
        self._last_good = last_good
        self._max_age_seconds = max_age_seconds
        self._wait_seconds = wait_seconds
        self._stale_after = timedelta(days=stale_after_days)
        self._clock = clock
        self._beginning = threading.Lock()
        self._attempt: _Attempt | None = None
        self._status: str = "none"
        self._warned_stale: float | None = None
        self.last_problem: str | None = None
        """Why the latest result was not live, as a sentence about the page; None when it was."""

    def begin(self) -> None:
        """Start an attempt on a daemon thread, unless one is in flight or younger than `max_age_seconds`; no wait."""
        with self._beginning:
            began = self._clock.monotonic()
            if self._attempt is not None and not self._is_due(self._attempt, began):
                return
            attempt = _Attempt(began)
            threading.Thread(target=self._run, args=(attempt,), name="case-count", daemon=True).start()
            self._attempt = attempt

    def result(self) -> CaseCount:
        """The count for this batch, after at most `wait_seconds` for an attempt in flight.

        Never raises because of the page or of the store behind the cache; whatever else went wrong in the attempt
        is raised here.
        """
        outcome = self._outcome()
        count = self._count(outcome)
        self.last_problem = None if isinstance(outcome, Reading) else str(outcome)
        self._log_change(count)
        self._warn_if_stale(count)
        return count

    def _is_due(self, attempt: _Attempt, now: float) -> bool:
        return attempt.answer.done() and now - attempt.began >= self._max_age_seconds

    def _run(self, attempt: _Attempt) -> None:
        try:
            reading = self._provider.fetch()
            self._last_good.put(self._provider.name, reading)
        except BaseException as problem:  # noqa: BLE001 - result() raises it, where the batch can end for it
            attempt.answer.set_exception(problem)
        else:
            attempt.answer.set_result(reading)

    def _outcome(self) -> Reading | CountUnavailable | CountUnparsed:
        attempt = self._attempt
        if attempt is None:
            return CountUnavailable(f"{self._provider.name} was not asked yet")
        wait([attempt.answer], timeout=self._wait_seconds)
        if not attempt.answer.done():
            return CountUnavailable(f"{self._provider.url} has not answered after {self._wait_seconds:g} s of waiting")
        problem = attempt.answer.exception()
        if problem is None:
            return attempt.answer.result()
        if isinstance(problem, CountUnavailable | CountUnparsed):
            return problem
        raise problem

    def _count(self, outcome: Reading | CountUnavailable | CountUnparsed) -> CaseCount:
        if isinstance(outcome, Reading):
            return self._known(outcome, "live")
        if isinstance(outcome, CountUnparsed):
            return CaseCount(UNKNOWN, "unparsed", self._provider.name)
        last_good = self._last_good.get(self._provider.name)
        if last_good is None:
            return CaseCount(UNKNOWN, "never", self._provider.name)
        return self._known(last_good, "cached")

    def _known(self, reading: Reading, status: Literal["live", "cached"]) -> CaseCount:
        return CaseCount(reading.value, status, self._provider.name, reading.as_of, reading.fetched_at)

    def _log_change(self, count: CaseCount) -> None:
        if count.status == self._status:
            return
        log.log(
            logging.INFO if count.status == "live" else logging.WARNING,
            "case count changed status=%s was=%s provider=%s total=%s reason=%r",
            count.status,
            self._status,
            count.provider,
            count.total,
            self.last_problem,
        )
        self._status = count.status

    def _warn_if_stale(self, count: CaseCount) -> None:
        if count.as_of is None or self._clock.now() - count.as_of <= self._stale_after:
            return
        now = self._clock.monotonic()
        if self._warned_stale is None or now - self._warned_stale >= _DAY_SECONDS:
            self._warned_stale = now
            log.warning("case count is stale provider=%s as_of=%s", count.provider, count.as_of.isoformat())
