"""What a micro-batch is promised of its case count: a number or a plain -1, and never a stop."""

import logging
import threading
from datetime import timedelta
from itertools import pairwise

import pytest

from case_count import UNKNOWN, CaseCount, Reading, Standing
from errors import CountAbsent, CountUnavailable, CountUnparsed
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
        def put(self, key: str, standing: Standing) -> None:
            raise KeyError(key, standing.reading.value)

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


def flagged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line.getMessage() for line in caplog.records if "case count is flagged" in line.getMessage()]


def test_a_number_that_the_page_calls_old_is_flagged_and_warned_of_once_a_day(
    caplog: pytest.LogCaptureFixture,
) -> None:
    old = Reading(100, START - timedelta(days=7), START)
    batch = Batches(*[old] * 4)
    warned = []
    for after in (20, 20, 86_000, 400):
        assert batch(after=after) == count(old, "live", "stale")
        assert batch.counter.flags == ("stale",)
        warned.append(len(flagged(caplog)))
    assert warned == [1, 1, 1, 2]
    assert flagged(caplog)[0] == (
        "case count is flagged flags=stale provider=scripted total=100 as_of=2025-12-26T00:00:00+00:00"
    )


def test_a_number_of_this_week_or_of_unknown_age_and_new_is_not_flagged(caplog: pytest.LogCaptureFixture) -> None:
    batch = Batches(Reading(100, None, START), Reading(100, START - timedelta(days=6), START))
    assert [batch().flags, batch().flags] == [(), ()]
    assert not [line for line in caplog.records if line.levelno >= logging.WARNING]


def test_a_number_of_unknown_age_is_stale_once_it_was_the_same_for_long_over_restarts_too() -> None:
    day = 86_400
    readings = [Reading(100, None, START + timedelta(days=days)) for days in (0, 6, 8, 9)]
    batch = Batches(*readings[:2])
    assert [batch(after=0).flags, batch(after=6 * day).flags] == [(), ()]
    again = Batches(readings[2], Reading(101, None, START + timedelta(days=9)), AWAY)
    again.cache.standings = batch.cache.standings
    again.clock.seconds = batch.clock.seconds
    assert again(after=2 * day) == count(readings[2], "live", "stale")
    assert again(after=1 * day).flags == (), "another number is new"
    assert again(after=8 * day).flags == ("stale",), "also where it is the last good one"


def test_a_number_that_goes_down_or_is_of_another_size_is_stored_as_published_and_flagged_while_it_stands(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    published = [100, 101, 99, 99, 100, 1_000, 1_000, 1_001, 100, 101]
    batch = Batches(*(Reading(value, START, START) for value in published))
    assert [(found.total, found.flags) for found in (batch() for _ in published)] == [
        (100, ()),
        (101, ()),
        (99, ("fell",)),
        (99, ("fell",)),
        (100, ()),
        (1_000, ("jumped",)),
        (1_000, ("jumped",)),
        (1_001, ()),
        (100, ("fell", "jumped")),
        (101, ()),
    ]
    assert [line.partition(" provider=")[0] for line in flagged(caplog)] == [
        "case count is flagged flags=fell",
        "case count is flagged no more",
        "case count is flagged flags=jumped",
        "case count is flagged no more",
        "case count is flagged flags=fell,jumped",
        "case count is flagged no more",
    ]


def test_a_number_that_is_not_known_has_no_flag_and_what_was_said_of_the_last_one_is_not_said_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    batch = Batches(Reading(100, None, START), Reading(99, None, START), ODD, AWAY)
    assert [batch().flags for _ in range(4)] == [(), ("fell",), (), ("fell",)]
    assert len(flagged(caplog)) == 1


def test_who_wants_no_number_has_minus_one_and_a_status_that_says_so(caplog: pytest.LogCaptureFixture) -> None:
    batch = Batches(CountAbsent("no count is wanted"))
    assert batch() == CaseCount(UNKNOWN, "none", "scripted")
    assert not caplog.records


@pytest.fixture
def rare(monkeypatch: pytest.MonkeyPatch) -> None:
    """The publisher has a new number once a day, and is asked once an hour."""
    monkeypatch.setattr(ScriptedProvider, "min_age_seconds", 3_600.0)


@pytest.mark.usefixtures("rare")
def test_a_publisher_of_one_number_a_day_is_asked_no_more_often_than_it_says() -> None:
    batch = Batches(FIRST, SECOND)
    assert [batch().status for _ in range(3_600 // 20)] == ["live"] * 180
    assert batch.provider.asked == 1
    assert batch() == count(SECOND, "live")


@pytest.mark.usefixtures("rare")
def test_while_it_fails_it_is_asked_ever_more_rarely_up_to_that() -> None:
    batch = Batches(*[AWAY] * 12)
    asked_at = []
    for step in range(800):
        before = batch.provider.asked
        batch()
        if batch.provider.asked > before:
            asked_at.append(step * 20)
    waits = [later - earlier for earlier, later in pairwise(asked_at)]
    assert waits == [20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600, 3_600, 3_600]


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
