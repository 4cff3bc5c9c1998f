"""The case count of a document whose posts were received long before it is written."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from case_count import UNKNOWN, CaseCount, Standing
from scraper.base import CountProvider
from scraper.flags import flags


def agreed_count(batches: Sequence[Mapping[str, Any]], otherwise: CaseCount) -> CaseCount:
    """The number of the batches in which the posts' events first stood, where all have the same one.

    batches: entries of the ledger, first the oldest. Where their status differs, a number is `cached`: not all of them
    had read it. Where their numbers differ, it is the other one that is given, `last_good_count`.
    """
    counts = [CaseCount.stored(batch) for batch in batches]
    if len({count.total for count in counts}) == 1:
        if len({count.status for count in counts}) == 1:
            return counts[-1]
        if counts[-1].total != UNKNOWN:
            return replace(counts[-1], status="cached")
    return otherwise


def last_good_count(
    provider: CountProvider, standing: Standing | None, *, now: datetime, stale_after: timedelta
) -> CaseCount:
    """The provider's last good number, `cached`, with the flags that it has now; -1 where there is none."""
    if standing is None:
        return CaseCount(UNKNOWN, provider.without, provider.name)
    reading, found = standing.reading, flags(standing, now=now, stale_after=stale_after)
    return CaseCount(reading.value, "cached", provider.name, reading.as_of, reading.fetched_at, found)
