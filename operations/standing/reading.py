"""How one job is: from its lease, the ledger, the coverage, its dead letters and removals, each by an index."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from ledger.asked import Asked
from ledger.health import Health, health
from ledger.leases import period_of
from ledger.losses import Gap, Reason, gaps, reasons
from ledger.removals import number_left
from operations.standing.rate import Rate, rate

Documents = Database[dict[str, Any]]

DAY = timedelta(hours=24)
MOST_GAPS = 10_000
MOST_LETTERS = 10_000
MOST_REMOVALS = 100_000


@dataclass(frozen=True)
class Standing:
    """A job at that time (UTC).

    gaps, dead_letters, reasons: of the last 24 hours, gaps and reasons first the newest; `MOST_GAPS` at most;
    dead_letters as the ledger counts them, reasons of `MOST_LETTERS` of them. removals: what the feed has asked to go
    and is still there, `MOST_REMOVALS` at most.
    """

    job: str
    at: datetime
    health: Health
    rate: Rate
    gaps: tuple[Gap, ...]
    dead_letters: int
    reasons: tuple[Reason, ...]
    removals: int

    @property
    def source(self) -> str | None:
        """Where its last batch came from; None where it has stored none."""
        return self.health.last["source"] if self.health.last else None

    @property
    def lease(self) -> Mapping[str, Any] | None:
        """Its entry of `leases`."""
        return self.health.lease

    @property
    def expires(self) -> datetime | None:
        """Up to when nobody else may take its lease, should there be no further sign of life; None: it is not held."""
        if self.lease is None or self.lease["state"] != "held":
            return None
        beat: datetime = self.lease["heartbeat"]
        return beat + timedelta(seconds=period_of(self.lease))

    @property
    def has_more_letters(self) -> bool:
        """Whether there are more dead letters than were looked at: the numbers of the reasons are too low."""
        return sum(each.letters for each in self.reasons) == MOST_LETTERS

    @property
    def lost_seconds(self) -> float:
        """How long in the last 24 hours the feed was not heard, and did not repeat what it had said."""
        lost = (gap for gap in self.gaps if gap.recovered == "lost")
        begin = self.at - DAY
        return sum(((gap.until or self.at) - max(gap.since, begin)).total_seconds() for gap in lost)


def read(database: Documents, job: str, now: datetime, minutes: float) -> Standing:
    """The job now; its posts per minute of the last so many minutes. Raises pymongo's errors."""
    found = health(database, job, now)
    day = Asked(job, now - DAY, now)
    of_day = gaps(database, day, MOST_GAPS)
    begin = now - timedelta(minutes=minutes)
    posts, dead_letters = _sums(database, day, begin)
    return Standing(
        job,
        now,
        found,
        rate(posts, begin, now, found, of_day),
        of_day,
        dead_letters,
        _reasons(database, day) if dead_letters else (),
        number_left(database, job, now, MOST_REMOVALS),
    )


def _reasons(database: Documents, asked: Asked) -> tuple[Reason, ...]:
    found = reasons(database, asked, MOST_LETTERS)
    return tuple(sorted(found, key=lambda each: each.newest_at, reverse=True))


def _sums(database: Documents, asked: Asked, begin: datetime) -> tuple[int, int]:
    """Posts since the begin, dead letters of the whole range."""
    posts = {"$cond": [{"$gte": ["$timestamp", begin]}, "$posts", 0]}
    group = {"_id": None, "posts": {"$sum": posts}, "dead_letters": {"$sum": "$dead_letters"}}
    found = list(database["batches"].aggregate([{"$match": asked.committed()}, {"$group": group}]))
    return (found[0]["posts"], found[0]["dead_letters"]) if found else (0, 0)
