"""A case counter whose clock, page and cache do as they are told, so that no test of it waits."""

import threading
from typing import ClassVar

from case_count import CaseCount, Flag, Reading, Standing, Status
from scraper.base import CountProvider, Terms
from scraper.counter import CaseCounter
from tests.told_clock import ToldClock

AMPLE_SECONDS = 60.0


class ScriptedProvider(CountProvider):
    """Gives the answers it was told, in order; with `hold` each waits until `release` is called."""

    name: ClassVar[str] = "scripted"
    default_url: ClassVar[str] = "http://count.invalid/"
    terms: ClassVar[Terms] = Terms("a test's", "http://count.invalid/terms")

    def __init__(self, *answers: Reading | BaseException, hold: bool = False) -> None:
        super().__init__(self.default_url, timeout_seconds=1, clock=ToldClock(1000))
        self._answers = list(answers)
        self._let_go = threading.Semaphore(0 if hold else len(answers))
        self.asked = 0

    def release(self) -> None:
        self._let_go.release()

    def fetch(self) -> Reading:
        self.asked += 1
        assert self._let_go.acquire(timeout=AMPLE_SECONDS)
        answer = self._answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


class DictionaryCache:
    """A ReadingCache that is a dictionary; `stored` is set by the first put."""

    def __init__(self, **readings: Reading) -> None:
        self.standings = {key: Standing.first(reading) for key, reading in readings.items()}
        self.stored = threading.Event()

    @property
    def readings(self) -> dict[str, Reading]:
        return {key: standing.reading for key, standing in self.standings.items()}

    def get(self, key: str) -> Standing | None:
        return self.standings.get(key)

    def put(self, key: str, standing: Standing) -> None:
        self.standings[key] = standing
        self.stored.set()


class Batches:
    """A counter with a clock of its own; calling it is one micro-batch, `after` seconds later than the last one."""

    def __init__(
        self, *answers: Reading | BaseException, last_good: Reading | None = None, hold: bool = False, wait: float = 60
    ) -> None:
        self.provider = ScriptedProvider(*answers, hold=hold)
        self.cache = DictionaryCache(**({"scripted": last_good} if last_good else {}))
        self.clock = ToldClock(1000)
        self.counter = CaseCounter(
            self.provider,
            self.cache,
            max_age_seconds=20,
            wait_seconds=wait,
            stale_after_days=7,
            clock=self.clock,
        )

    def __call__(self, after: float = 20) -> CaseCount:
        self.clock.seconds += after
        self.counter.begin()
        return self.counter.result()


def count(reading: Reading, status: Status, *flags: Flag) -> CaseCount:
    return CaseCount(reading.value, status, "scripted", reading.as_of, reading.fetched_at, flags)
