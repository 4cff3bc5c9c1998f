"""What a micro-batch is promised of its case count: a number or a plain -1, and never a stop."""

import logging
import threading
from datetime import timedelta

import pytest

from case_count import UNKNOWN, CaseCount, Reading
from errors import CountUnavailable, CountUnparsed
from scraper.counter import CaseCounter
from scraper.page import MAX_REDIRECTS
from scraper.worldometers import Worldometers
from tests.servers.count_page import REAL_NUMBER, CountPage
from tests.told_clock import START, ToldClock
from tests.unit.scripted_count import AMPLE_SECONDS, Batches, DictionaryCache, ScriptedProvider, count

FIRST = Reading(100, START, START)
SECOND = Reading(200, START, START)
AWAY = CountUnavailable("the page answered HTTP 503")
ODD = CountUnparsed("the page gives 'N/A'")


def changes(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line.getMessage() for line in caplog.records if "case count changed" in line.getMessage()]


def test_a_page_that_was_read_gives_a_live_number_and_fills_the_cache() -> None:
    batch = Batches(FIRST)
    assert batch() == count(FIRST, "live")
    assert batch.cache.readings == {"scripted": FIRST}
    assert batch.counter.last_problem is None


def test_a_page_that_fails_gives_the_last_good_number_and_says_why() -> None:
    batch = Batches(AWAY, last_good=FIRST)
    assert batch() == count(FIRST, "cached")
    assert batch.counter.last_problem == "the page answered HTTP 503"


def test_a_page_that_fails_with_no_number_ever_read_gives_minus_one() -> None:
    batch = Batches(AWAY)
    assert batch() == CaseCount(UNKNOWN, "never", "scripted")
    assert batch.counter.last_problem == "the page answered HTTP 503"


def test_a_page_without_a_number_gives_minus_one_and_the_cache_keeps_its_number() -> None:
    batch = Batches(ODD, AWAY, last_good=FIRST)
    assert batch() == CaseCount(UNKNOWN, "unparsed", "scripted")
    assert batch.counter.last_problem == "the page gives 'N/A'"
    assert batch() == count(FIRST, "cached")


def test_a_page_that_recovers_is_live_again_and_the_problem_is_forgotten() -> None:
    batch = Batches(AWAY, FIRST)
    assert batch().status == "never"
    assert batch() == count(FIRST, "live")
    assert batch.counter.last_problem is None


@pytest.mark.parametrize(("answer", "status"), [(FIRST, "live"), (AWAY, "cached"), (ODD, "unparsed")])
def test_a_backlog_of_fast_batches_asks_once_and_shares_the_outcome(
    answer: Reading | BaseException, status: str
) -> None:
    batch = Batches(answer, SECOND, last_good=FIRST)
    assert [batch(after=0.1).status for _ in range(100)] == [status] * 100
    assert batch.provider.asked == 1
    assert batch(after=20) == count(SECOND, "live")
    assert batch.provider.asked == 2


def test_an_answer_that_does_not_come_is_not_waited_for_beyond_the_limit() -> None:
    batch = Batches(SECOND, last_good=FIRST, hold=True, wait=0)
    assert batch() == count(FIRST, "cached")
    assert batch.counter.last_problem == "http://count.invalid/ has not answered after 0 s of waiting"
    batch.provider.release()


def test_an_answer_that_comes_while_the_batch_waits_is_live() -> None:
    batch = Batches(FIRST, hold=True)
    batch.counter.begin()
    threading.Timer(0.01, batch.provider.release).start()
    assert batch.counter.result() == count(FIRST, "live")


def test_a_late_answer_is_kept_for_the_next_batch() -> None:
    batch = Batches(FIRST, hold=True, wait=0)
    assert batch().status == "never"
    batch.provider.release()
    assert batch.cache.stored.wait(AMPLE_SECONDS)
    assert batch.cache.readings == {"scripted": FIRST}
    assert batch(after=1).total == FIRST.value
    assert batch.provider.asked == 1


def test_never_more_than_one_attempt_is_in_flight() -> None:
    batch = Batches(FIRST, SECOND, hold=True, wait=0)
    assert [batch(after=1000).status for _ in range(10)] == ["never"] * 10
    batch.provider.release()
    assert batch.cache.stored.wait(AMPLE_SECONDS)
    assert batch.provider.asked == 1


def test_a_batch_that_asks_before_any_attempt_gets_the_last_good_number() -> None:
    batch = Batches(last_good=FIRST)
    assert batch.counter.result() == count(FIRST, "cached")
    assert batch.counter.last_problem == "scripted was not asked yet"


@pytest.mark.parametrize("bug", [ZeroDivisionError("bug"), TimeoutError("bug"), SystemExit("bug")])
def test_an_error_that_nobody_foresaw_comes_out_of_the_result(bug: BaseException) -> None:
    batch = Batches(bug, FIRST)
    batch.counter.begin()
    with pytest.raises(type(bug), match="bug"):
        batch.counter.result()
    assert batch() == count(FIRST, "live")


def test_an_error_of_the_cache_itself_comes_out_of_the_result() -> None:
    class BrokenCache(DictionaryCache):
        def put(self, provider: str, reading: Reading) -> None:
            raise KeyError(provider, reading.value)

    counter = CaseCounter(
        ScriptedProvider(FIRST),
        BrokenCache(),
        max_age_seconds=20,
        wait_seconds=AMPLE_SECONDS,
        stale_after_days=7,
        clock=ToldClock(1000),
    )
    counter.begin()
    with pytest.raises(KeyError, match="scripted"):
        counter.result()


def test_the_log_has_a_line_for_each_change_of_status_and_none_between(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    batch = Batches(FIRST, SECOND, AWAY, AWAY, ODD, ODD, FIRST)
    for _ in range(7):
        batch()
    assert changes(caplog) == [
        "case count changed status=live was=none provider=scripted total=100 reason=None",
        "case count changed status=cached was=live provider=scripted total=200 reason='the page answered HTTP 503'",
        "case count changed status=unparsed was=cached provider=scripted total=-1 reason=\"the page gives 'N/A'\"",
        "case count changed status=live was=unparsed provider=scripted total=100 reason=None",
    ]


def test_a_number_that_the_page_calls_old_is_warned_of_once_a_day(caplog: pytest.LogCaptureFixture) -> None:
    old = Reading(100, START - timedelta(days=7), START)
    batch = Batches(*[old] * 4)
    warned = []
    for after in (20, 20, 86_000, 400):
        assert batch(after=after).status == "live"
        warned.append(sum("case count is stale" in line.getMessage() for line in caplog.records))
    assert warned == [1, 1, 1, 2]


def test_a_number_of_unknown_age_or_of_this_week_is_not_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    batch = Batches(Reading(100, None, START), Reading(100, START - timedelta(days=6), START))
    assert [batch().status, batch().status] == ["live", "live"]
    assert not [line for line in caplog.records if line.levelno >= logging.WARNING]


def test_a_page_that_breaks_and_heals_is_followed_over_the_wire() -> None:
    clock = ToldClock(1000)
    with CountPage(mode="http_503") as page:
        provider = Worldometers(page.url, timeout_seconds=AMPLE_SECONDS, clock=clock)
        counter = CaseCounter(
            provider, DictionaryCache(), max_age_seconds=0, wait_seconds=AMPLE_SECONDS, stale_after_days=7, clock=clock
        )
        seen = []
        for mode in ("http_503", "ok", "challenge", "redirect_loop", "number_changed"):
            page.mode = mode
            counter.begin()
            answer = counter.result()
            seen.append((answer.status, answer.total))
        assert page.hits == 4 + 1 + MAX_REDIRECTS
    assert seen == [
        ("never", UNKNOWN),
        ("live", REAL_NUMBER),
        ("unparsed", UNKNOWN),
        ("cached", REAL_NUMBER),
        ("live", REAL_NUMBER + 1),
    ]
