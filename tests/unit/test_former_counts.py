"""The case count of posts that are stored long after they were received."""

from datetime import UTC, datetime
from typing import Any

from case_count import CaseCount, Reading, Status
from runtime.former_counts import agreed_count

EARLY, LATE = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)
LAST_GOOD = Reading(9, None, LATE)


def batch(total: int, status: Status, fetched_at: datetime | None = EARLY) -> dict[str, Any]:
    count = CaseCount(total, status, "w", None, fetched_at)
    return {"_id": "q:1", "total_case_count": total, "case_count": count.provenance(), "timestamp": LATE}


def test_one_number_and_status_of_all_batches_is_that_of_the_newest() -> None:
    batches = [batch(7, "live"), batch(7, "live", LATE)]
    assert agreed_count(batches, "w", LAST_GOOD) == CaseCount(7, "live", "w", None, LATE)
    assert agreed_count([batch(-1, "unparsed", None)], "w", LAST_GOOD) == CaseCount(-1, "unparsed", "w")


def test_one_number_that_some_batches_had_not_read_is_cached() -> None:
    assert agreed_count([batch(7, "live"), batch(7, "cached")], "w", LAST_GOOD) == CaseCount(
        7, "cached", "w", None, EARLY
    )


def test_where_batches_differ_it_is_the_last_good_number() -> None:
    batches = [batch(7, "live"), batch(8, "live")]
    assert agreed_count(batches, "w", LAST_GOOD) == CaseCount(9, "cached", "w", None, LATE)
    assert agreed_count(batches, "w", None) == CaseCount(-1, "never", "w")
    unknown = [batch(-1, "unparsed", None), batch(-1, "never", None)]
    assert agreed_count(unknown, "w", LAST_GOOD) == CaseCount(9, "cached", "w", None, LATE)
