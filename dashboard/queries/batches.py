"""What the micro-batches of a range held, and how long they took: from `batches`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from ledger.asked import Asked
from ledger.health import usual_seconds

MOST_BATCHES = 2_000
"""More micro-batches than that are added up by the server, over equal times."""
MOST_TIMES = 300
LAST_BATCHES = 10
_STEPS = (10, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400)
_WIDTH_SECONDS = 20.0
_LAST = (
    "timestamp", "posts", "dead_letters", "duplicates", "seconds", "lag_seconds", "total_case_count", "case_count",
)  # fmt: skip


@dataclass(frozen=True)
class Totals:
    """Sums over the range; first, last: the timestamps of its batches. lag_seconds: the longest, None: not known."""

    batches: int
    posts: int
    dead_letters: int
    duplicates: int
    lag_seconds: float | None
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Time:
    """A micro-batch, or all of them in a piece of time from begin to end; lag_seconds: the longest, None: not known."""

    begin: datetime
    end: datetime
    posts: int
    lag_seconds: float | None


@dataclass(frozen=True)
class Series:
    """The range's times in their order; step_seconds: how long each is where batches were added up, else None."""

    times: tuple[Time, ...]
    step_seconds: int | None


def totals(database: Database[dict[str, Any]], asked: Asked) -> Totals | None:
    """The sums; None where the range holds no micro-batch."""
    sums = {name: {"$sum": f"${name}"} for name in ("posts", "dead_letters", "duplicates")}
    ends = {"first": {"$min": "$timestamp"}, "last": {"$max": "$timestamp"}, "lag_seconds": {"$max": "$lag_seconds"}}
    group = {"_id": None, "batches": {"$sum": 1}, **sums, **ends}
    found = list(database["batches"].aggregate([{"$match": asked.committed()}, {"$group": group}]))
    return Totals(**{name: value for name, value in found[0].items() if name != "_id"}) if found else None


def series(database: Database[dict[str, Any]], asked: Asked, found: Totals) -> Series:
    """Each micro-batch of the range; where they are many, equal pieces of time, `MOST_TIMES` at most and a few."""
    if found.batches > MOST_BATCHES:
        return _added_up(database, asked, step_seconds(found.last - found.first))
    wanted = {"timestamp": 1, "posts": 1, "lag_seconds": 1}
    batches = list(database["batches"].find(asked.committed(), wanted, sort=[("timestamp", 1)], limit=MOST_BATCHES))
    begins = [batch["timestamp"] for batch in batches]
    ends = _ends(begins)
    times = (
        Time(begin, end, batch["posts"], batch.get("lag_seconds"))
        for batch, begin, end in zip(batches, begins, ends, strict=True)
    )
    return Series(tuple(times), None)


def last_batches(database: Database[dict[str, Any]], asked: Asked) -> list[dict[str, Any]]:
    """The last micro-batches of the range, the newest first, `LAST_BATCHES` at most.

    Of each entry of `batches` (docs/data.md): timestamp, posts, dead_letters, duplicates, seconds and lag_seconds (may
    be missing, the latter null), total_case_count (-1: not known), case_count.
    """
    wanted = dict.fromkeys(_LAST, 1)
    newest = database["batches"].find(asked.committed(), wanted, sort=[("timestamp", -1)], limit=LAST_BATCHES)
    return list(newest)


def step_seconds(span: timedelta) -> int:
    """How long the pieces are into which that time is divided: some 300 at most, of a length that people know."""
    return next((step for step in _STEPS if span / timedelta(seconds=step) <= MOST_TIMES), _days(span))


def _days(span: timedelta) -> int:
    return 86_400 * (span // (MOST_TIMES * timedelta(days=1)) + 1)


def _added_up(database: Database[dict[str, Any]], asked: Asked, step: int) -> Series:
    time = {"$dateTrunc": {"date": "$timestamp", "unit": "second", "binSize": step}}
    group = {"_id": time, "posts": {"$sum": "$posts"}, "lag_seconds": {"$max": "$lag_seconds"}}
    found = database["batches"].aggregate([{"$match": asked.committed()}, {"$group": group}, {"$sort": {"_id": 1}}])
    length = timedelta(seconds=step)
    times = (Time(each["_id"], each["_id"] + length, each["posts"], each["lag_seconds"]) for each in found)
    return Series(tuple(times), step)


def _ends(begins: list[datetime]) -> list[datetime]:
    """As wide as from one to the next mostly is, but not into the next."""
    width = timedelta(seconds=usual_seconds(begins) or _WIDTH_SECONDS)
    nexts = [*begins[1:], begins[-1] + width] if begins else []
    return [min(begin + width, later) for begin, later in zip(begins, nexts, strict=True)]
