"""The case count of posts that are stored long after they were received."""

from datetime import UTC, datetime, timedelta
from typing import Any

from case_count import CaseCount, Reading, Standing, Status
from runtime.former_counts import agreed_count, last_good_count
from scraper.none import NoCount
from tests.told_clock import ToldClock
from tests.unit.scripted_count import ScriptedProvider

EARLY, LATE = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)
LAST_GOOD = CaseCount(9, "cached", "w", None, LATE, ("fell",))


def batch(total: int, status: Status, fetched_at: datetime | None = EARLY) -> dict[str, Any]:
    count = CaseCount(total, status, "w", None, fetched_at)
    return {"_id": "q:1", "total_case_count": total, "case_count": count.provenance(), "timestamp": LATE}


def test_one_number_and_status_of_all_batches_is_that_of_the_newest() -> None:
    batches = [batch(7, "live"), batch(7, "live", LATE)]
    assert agreed_count(batches, LAST_GOOD) == CaseCount(7, "live", "w", None, LATE)
    assert agreed_count([batch(-1, "unparsed", None)], LAST_GOOD) == CaseCount(-1, "unparsed", "w")


def test_one_number_that_some_batches_had_not_read_is_cached() -> None:
    assert agreed_count([batch(7, "live"), batch(7, "cached")], LAST_GOOD) == CaseCount(7, "cached", "w", None, EARLY)


def test_where_batches_differ_it_is_the_last_good_number() -> None:
    assert agreed_count([batch(7, "live"), batch(8, "live")], LAST_GOOD) == LAST_GOOD
    unknown = [batch(-1, "unparsed", None), batch(-1, "never", None)]
    assert agreed_count(unknown, LAST_GOOD) == LAST_GOOD


def test_the_flags_of_the_newest_batch_are_kept_and_a_batch_of_before_there_were_any_has_none() -> None:
    old = batch(7, "live")
    del old["case_count"]["flags"]
    assert agreed_count([old], LAST_GOOD).flags is None
    newest = batch(7, "live") | {"case_count": batch(7, "live")["case_count"] | {"flags": ["stale", "fell"]}}
    assert agreed_count([old, newest], LAST_GOOD).flags == ("stale", "fell")


def test_the_last_good_number_has_the_flags_that_it_has_now() -> None:
    standing, week = Standing(Reading(9, None, LATE), EARLY, before=100), timedelta(days=7)
    provider = ScriptedProvider()
    found = last_good_count(provider, standing, now=EARLY + timedelta(days=8), stale_after=week)
    assert found == CaseCount(9, "cached", "scripted", None, LATE, ("stale", "fell", "jumped"))
    assert last_good_count(provider, standing, now=LATE, stale_after=week).flags == ("fell", "jumped")


def test_without_a_last_good_number_it_is_minus_one_with_the_provider_s_own_reason() -> None:
    week, none = timedelta(days=7), NoCount("", timeout_seconds=1, clock=ToldClock())
    assert last_good_count(ScriptedProvider(), None, now=LATE, stale_after=week) == CaseCount(-1, "never", "scripted")
    assert last_good_count(none, None, now=LATE, stale_after=week) == CaseCount(-1, "none", "none")
