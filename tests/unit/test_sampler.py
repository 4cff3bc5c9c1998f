"""What a job stands on is looked at beside it; a look that hangs holds nobody up."""

import logging
import threading
from collections.abc import Callable

import pytest

from clock import SystemClock
from monitoring.check import Check
from monitoring.sampler import Sampler
from tests.told_clock import ToldClock

BOUND_SECONDS = 10


class Told:
    """Finds what it is told."""

    def __init__(self, name: str, find: Callable[[], str | None]) -> None:
        self.name = name
        self._find = find

    def look(self) -> Check:
        return Check(self.name, self._find())


def broken() -> str | None:
    raise RuntimeError("Java is gone\nat line 7")


def test_every_look_says_what_it_found_and_a_broken_one_what_broke_it() -> None:
    sampler = Sampler([Told("lease", lambda: None), Told("spool", broken)], 1, ToldClock())
    assert [each.problem for each in sampler.checks()] == ["not looked at yet"] * 2
    sampler.round()
    assert sampler.checks() == [Check("lease", None), Check("spool", "RuntimeError: Java is gone")]


def test_the_log_has_a_line_when_something_goes_wrong_and_one_when_it_is_well(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    found = iter(["not yet", None, "away", "away", None])
    sampler = Sampler([Told("feed", lambda: next(found))], 1, ToldClock())
    for _ in range(5):
        sampler.round()
    assert [record.message for record in caplog.records] == [
        "ready again check=feed",
        "not ready check=feed why='away'",
        "ready again check=feed",
    ]


def test_a_look_that_hangs_is_not_well_after_a_while_and_the_others_stay_as_they_were() -> None:
    hangs, goes_on = threading.Event(), threading.Event()

    def hang() -> str | None:
        hangs.set()
        goes_on.wait(BOUND_SECONDS)
        return None

    clock = ToldClock()
    sampler = Sampler([Told("lease", lambda: None), Told("mongodb", hang)], 1, clock)
    thread = threading.Thread(target=sampler.round)
    thread.start()
    assert hangs.wait(BOUND_SECONDS)
    clock.seconds += 16
    assert sampler.checks() == [Check("lease", None), Check("mongodb", "has not answered for 16 s")]
    goes_on.set()
    thread.join(BOUND_SECONDS)
    assert sampler.checks() == [Check("lease", None), Check("mongodb", None)]


def test_it_looks_until_it_is_stopped_and_may_be_stopped_though_it_never_began() -> None:
    looked = threading.Semaphore(0)

    def look() -> str | None:
        looked.release()
        return None

    sampler = Sampler([Told("lease", look)], 0.01, SystemClock())
    sampler.start()
    assert all(looked.acquire(timeout=BOUND_SECONDS) for _ in range(3))
    sampler.stop()
    assert not sampler._thread.is_alive()
    Sampler([], 1, SystemClock()).stop()
