"""The case count of a document whose posts were received long before it is written."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from case_count import UNKNOWN, CaseCount, Reading


def agreed_count(batches: Sequence[Mapping[str, Any]], provider: str, last_good: Reading | None) -> CaseCount:
    """The number of the batches in which the posts' events first stood, where all have the same one.

    batches: entries of the ledger, first the oldest. Where their status differs, a number is `cached`: not all of them
    had read it. Where their numbers differ, it is the last good one, `cached`; -1 and `never` where there is none.
    """
    counts = [CaseCount(total=batch["total_case_count"], **batch["case_count"]) for batch in batches]
    if len({count.total for count in counts}) == 1:
        if len({count.status for count in counts}) == 1:
            return counts[-1]
        if counts[-1].total != UNKNOWN:
            return replace(counts[-1], status="cached")
    if last_good is None:
        return CaseCount(UNKNOWN, "never", provider)
    return CaseCount(last_good.value, "cached", provider, last_good.as_of, last_good.fetched_at)
