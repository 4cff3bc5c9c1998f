"""The case count of each micro-batch, fetched beside the batch and never able to hold it up or stop it."""

import logging
import threading
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from case_count import UNKNOWN, CaseCount, Flag, Standing
from clock import Clock
from errors import CountAbsent, CountUnavailable, CountUnparsed
from scraper.base import CountProvider, ReadingCache
from scraper.flags import flags

log = logging.getLogger(__name__)

_DAY_SECONDS = 86_400
_FIRST_RETRY_SECONDS = 20.0

_Outcome = Standing | CountUnavailable | CountUnparsed | CountAbsent


@dataclass(frozen=True)
class _Attempt:
    began: float
    answer: Future[Standing] = field(default_factory=Future)


class CaseCounter:
    """Implements `processors.base.Counts`: `begin` is called as a batch begins, `result` when it is otherwise ready.

    | the attempt                                 | total                                   | status           |
    |---------------------------------------------|-----------------------------------------|------------------|
    | page read and parsed                        | the number, and the cache keeps it      | live             |
    | failed, or no answer within `wait_seconds`  | last good number, -1 if there never was | cached / never   |
    | page read, number not found                 | -1, and the cache keeps its number      | unparsed         |
    | no number is wanted                         | -1                                      | none             |

    An attempt's outcome stands for every batch that begins within `max_age_seconds` of its beginning, so a backlog
    of fast batches asks the page no more often than that; of a provider with a `min_age_seconds` of its own, a number
    stands for so long, and after failures the page is asked ever more rarely, until that is reached. An answer that
    comes too late for its batch is kept for the next. There is never more than one attempt in flight.

    The number of a batch is the one that was published, whatever it is. Where it should not be trusted its flags say
    why, and so does the log, at each change and then once a day: see `scraper.flags`.
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
        self._failures = 0
        self._status: str = "none"
        self._flagged: tuple[Flag, ...] = ()
        self._warned: float | None = None
        self.last_problem: str | None = None
        """Why the latest result was not live, as a sentence about the page; None when it was."""
        self.flags: tuple[Flag, ...] = ()
        """Those of the latest result."""

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

        Never raises because of the page or of the store behind the cache; whatever else went wrong in the attempt, a
        bug of the provider, is raised here, and ends the batch.
        """
        outcome = self._outcome()
        count = self._count(outcome)
        self.last_problem = None if isinstance(outcome, Standing) else str(outcome)
        self.flags = count.flags or ()
        self._log_change(count)
        self._log_flags(count)
        return count

    def _is_due(self, attempt: _Attempt, now: float) -> bool:
        return attempt.answer.done() and now - attempt.began >= self._lasting_seconds()

    def _lasting_seconds(self) -> float:
        lasting = self._provider.min_age_seconds
        if self._failures:
            first = max(self._max_age_seconds, _FIRST_RETRY_SECONDS)
            lasting = min(lasting, first * 2.0 ** min(self._failures - 1, 30))
        return max(lasting, self._max_age_seconds)

    def _run(self, attempt: _Attempt) -> None:
        key = self._provider.key
        try:
            reading = self._provider.fetch()
            former = self._last_good.get(key)
            standing = former.followed_by(reading) if former else Standing.first(reading)
            self._last_good.put(key, standing)
        except BaseException as problem:  # noqa: BLE001 - result() raises it, where the batch can end for it
            self._failures += 1
            attempt.answer.set_exception(problem)
        else:
            self._failures = 0
            attempt.answer.set_result(standing)

    def _outcome(self) -> _Outcome:
        attempt = self._attempt
        if attempt is None:
            return CountUnavailable(f"{self._provider.name} was not asked yet")
        wait([attempt.answer], timeout=self._wait_seconds)
        if not attempt.answer.done():
            return CountUnavailable(f"{self._provider.url} has not answered after {self._wait_seconds:g} s of waiting")
        problem = attempt.answer.exception()
        if problem is None:
            return attempt.answer.result()
        if isinstance(problem, CountUnavailable | CountUnparsed | CountAbsent):
            return problem
        raise problem

    def _count(self, outcome: _Outcome) -> CaseCount:
        if isinstance(outcome, Standing):
            return self._known(outcome, "live")
        if isinstance(outcome, CountUnparsed):
            return CaseCount(UNKNOWN, "unparsed", self._provider.name)
        if isinstance(outcome, CountAbsent):
            return CaseCount(UNKNOWN, "none", self._provider.name)
        last_good = self._last_good.get(self._provider.key)
        if last_good is None:
            return CaseCount(UNKNOWN, self._provider.without, self._provider.name)
        return self._known(last_good, "cached")

    def _known(self, standing: Standing, status: Literal["live", "cached"]) -> CaseCount:
        reading, found = standing.reading, flags(standing, now=self._clock.now(), stale_after=self._stale_after)
        return CaseCount(reading.value, status, self._provider.name, reading.as_of, reading.fetched_at, found)

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

    def _log_flags(self, count: CaseCount) -> None:
        if count.total == UNKNOWN:
            return  # nothing is known of the number: what was said of it stands
        now = self._clock.monotonic()
        is_said = self.flags == self._flagged and self._warned is not None and now - self._warned < _DAY_SECONDS
        if self.flags and not is_said:
            log.warning(
                "case count is flagged flags=%s provider=%s total=%s as_of=%s",
                ",".join(self.flags),
                count.provider,
                count.total,
                count.as_of.isoformat() if count.as_of else None,
            )
            self._warned = now
        elif self._flagged and not self.flags:
            log.info("case count is flagged no more provider=%s total=%s", count.provider, count.total)
        self._flagged = self.flags
