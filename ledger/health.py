"""Which jobs there are, and how one of them is: from `leases` and `batches`.

What is asked of `batches` is bounded by time as far as can be, and by nothing that is not in an index: to sort by one
costs MongoDB the entries that it returns, and the embedded server all that the condition leaves; a condition on another
field makes it read all of the job.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, Literal

from pymongo.database import Database

from casestream.job_names import job_names
from ledger.leases import period_of
from micro_batch import REQUEUE

State = Literal["running", "stopping", "stopped", "silent", "unknown"]

_USUAL_OF = 20
_MOST_PLANNED = 10
_SPANS = (timedelta(hours=1), timedelta(days=2), None)
"""How far back of a job's last sign of life its last micro-batches are looked for, one after the other."""


@dataclass(frozen=True)
class Planned:
    """What was begun and is not stored yet: a micro-batch, or a requeue of dead letters."""

    query_id: str
    number: int
    since: datetime

    @property
    def is_requeue(self) -> bool:
        """Whether `manage.py requeue` began it."""
        return self.query_id == REQUEUE


@dataclass(frozen=True)
class Health:
    """How a job is, by what it writes down about itself.

    state: silent where a job that has not said that it ends gave no sign of life for a whole period of its lease;
    unknown where there is no lease. lease: its entry of `leases`. last: the entry of `batches` of what it stored last.
    usual_seconds: from one of its last micro-batches to the next, None where there are fewer than two.
    """

    state: State
    lease: Mapping[str, Any] | None
    last: Mapping[str, Any] | None
    usual_seconds: float | None
    planned: tuple[Planned, ...]

    @property
    def host(self) -> str | None:
        """Where it runs, or ran."""
        return self.lease["host"] if self.lease else None

    @property
    def alive_at(self) -> datetime | None:
        """Its last sign of life, by its own clock."""
        return max(self.lease["heartbeat"], self.lease["last_alive"]) if self.lease else None

    @property
    def committed_at(self) -> datetime | None:
        """When its last micro-batch was stored."""
        return self.last["committed_at"] if self.last else None


def jobs(database: Database[dict[str, Any]]) -> tuple[str, ...]:
    """The names of all jobs that have a lease or a micro-batch, the one that was alive last first."""
    leases = {lease["_id"]: lease["last_alive"] for lease in database["leases"].find({}, {"last_alive": 1})}
    names = job_names(database)
    with_lease = sorted((name for name in names if name in leases), key=lambda name: leases[name], reverse=True)
    return (*with_lease, *(name for name in names if name not in leases))


def health(database: Database[dict[str, Any]], job: str, now: datetime) -> Health:
    """How the job is at that time."""
    lease = database["leases"].find_one({"_id": job})
    newest = _newest(database, job, lease["last_alive"] if lease else now)
    return Health(
        _state(lease, now),
        lease,
        newest[0] if newest else None,
        usual_seconds(batch["timestamp"] for batch in newest),
        planned(database, job),
    )


def planned(database: Database[dict[str, Any]], job: str) -> tuple[Planned, ...]:
    """What the job, or a requeue of it, has begun and not stored yet; the newest first."""
    entries = database["batches"].find(
        {"job": job, "state": "planned"},
        {"query_id": 1, "batch_id": 1, "planned_at": 1},
        sort=[("timestamp", -1)],
        limit=_MOST_PLANNED,
    )
    return tuple(Planned(entry["query_id"], entry["batch_id"], entry["planned_at"]) for entry in entries)


def usual_seconds(timestamps: Iterable[datetime]) -> float | None:
    """From one of these micro-batches to the next, mostly; None where there are fewer than two."""
    steps = [(later - earlier).total_seconds() for earlier, later in pairwise(sorted(timestamps))]
    return median(steps) if steps else None


def _newest(database: Database[dict[str, Any]], job: str, around: datetime) -> list[dict[str, Any]]:
    of_job = {"job": job, "state": "committed"}
    for span in _SPANS:
        since = {} if span is None else {"committed_at": {"$gte": around - span}}
        found = database["batches"].find(
            {**of_job, **since}, {"offsets": 0}, sort=[("committed_at", -1)], limit=_USUAL_OF
        )
        if len(newest := [entry for entry in found if entry["query_id"] != REQUEUE]) > 1:
            break
    return newest


def _state(lease: Mapping[str, Any] | None, now: datetime) -> State:
    if lease is None:
        return "unknown"
    if lease["state"] == "released":
        return "stopped"
    period = timedelta(seconds=period_of(lease))
    if lease["state"] == "expired" or now - lease["heartbeat"] > period:
        return "silent"
    return "stopping" if lease["stop_requested"] else "running"
