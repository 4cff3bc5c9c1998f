"""What did not become a post: from `dead_letters`, and from `coverage`, the times in which a feed was not heard."""

from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from pymongo.database import Database

from casestream.stored import DEAD_LETTERS
from ledger.asked import Asked
from ledger.health import planned
from micro_batch import ids_below

MOST_GAPS = 100
MOST_LETTERS = 100_000
_PROBLEMS = DEAD_LETTERS.some(["problem"])[0].values


@dataclass(frozen=True)
class Reason:
    """Dead letters of one problem that were received in the range, the last one at newest_at.

    waiting: those that no requeue made a post of.
    """

    problem: str
    letters: int
    waiting: int
    newest_at: datetime


@dataclass(frozen=True)
class Gap:
    """A time in which the feed was not heard; until is None while it is not."""

    since: datetime
    until: datetime | None
    cause: str
    recovered: str


def reasons(database: Database[dict[str, Any]], asked: Asked, most: int = MOST_LETTERS) -> tuple[Reason, ...]:
    """The dead letters of committed batches by problem, the commonest first; of so many at most."""
    unfinished = [
        {"batch_id": each.number, "_id": ids_below(each.query_id)}
        for each in planned(database, asked.job)
        if not each.is_requeue
    ]
    match = {"job": asked.job, "problem": {"$in": list(_PROBLEMS)}, **asked.within("received_at")}
    waiting = {"$cond": [{"$eq": ["$requeued_at", None]}, 1, 0]}
    sums = {"letters": {"$sum": 1}, "waiting": {"$sum": waiting}}
    found = database["dead_letters"].aggregate(
        [
            {"$match": {**match, **({"$nor": unfinished} if unfinished else {})}},
            {"$limit": most},
            {"$group": {"_id": "$problem", **sums, "newest_at": {"$max": "$received_at"}}},
            {"$sort": {"letters": -1, "_id": 1}},
        ]
    )
    return tuple(Reason(each["_id"], each["letters"], each["waiting"], each["newest_at"]) for each in found)


def gaps(database: Database[dict[str, Any]], asked: Asked, most: int = MOST_GAPS) -> tuple[Gap, ...]:
    """The gaps that reach into the range, the newest first, so many at most.

    A job's gaps lie one behind the other: those before one that ended too early are not read.
    """
    reaches = {"from": {"$lt": asked.until}} if asked.until else {}
    found = database["coverage"].find({"job": asked.job, **reaches}, sort=[("from", -1)], limit=most)
    reached = takewhile(lambda gap: asked.since is None or gap["to"] is None or gap["to"] > asked.since, found)
    return tuple(Gap(each["from"], each["to"], each["cause"], each["recovered"]) for each in reached)
