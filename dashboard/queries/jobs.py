"""Which jobs there are, and how one of them is: from `leases` and `batches`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pymongo.database import Database

from dashboard.queries.batches import usual_seconds
from micro_batch import REQUEUE

State = Literal["running", "stopping", "stopped", "silent", "unknown"]

_USUAL_OF = 20
_PERIOD_SECONDS = 30
_MOST_PLANNED = 10


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
    unknown where there is no lease. committed_at: when its last micro-batch was stored. usual_seconds: from one of its
    last micro-batches to the next, None where there are fewer than two.
    """

    state: State
    host: str | None
    alive_at: datetime | None
    committed_at: datetime | None
    usual_seconds: float | None
    planned: tuple[Planned, ...]


def jobs(database: Database[dict[str, Any]]) -> tuple[str, ...]:
    """The names of all jobs that have a lease or a micro-batch, the one that was alive last first."""
    leases = {lease["_id"]: lease["last_alive"] for lease in database["leases"].find({}, {"last_alive": 1})}
    with_lease = sorted((name for name in leases if _is_job(name)), key=lambda name: leases[name], reverse=True)
    return (*with_lease, *sorted(set(database["batches"].distinct("job")) - set(with_lease)))


def health(database: Database[dict[str, Any]], job: str, now: datetime) -> Health:
    """How the job is at that time."""
    lease = database["leases"].find_one({"_id": job})
    newest = list(
        database["batches"].find(
            {"job": job, "state": "committed"},
            {"timestamp": 1, "committed_at": 1},
            sort=[("committed_at", -1)],
            limit=_USUAL_OF,
        )
    )
    return Health(
        _state(lease, now),
        lease["host"] if lease else None,
        _alive_at(lease) if lease else None,
        newest[0]["committed_at"] if newest else None,
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


def _is_job(name: str) -> bool:
    return not name.startswith(f"{REQUEUE}:")  # a requeue's own lease


def _state(lease: Mapping[str, Any] | None, now: datetime) -> State:
    if lease is None:
        return "unknown"
    if lease["state"] == "released":
        return "stopped"
    period = timedelta(seconds=lease.get("period_seconds", _PERIOD_SECONDS))
    if lease["state"] == "expired" or now - lease["heartbeat"] > period:
        return "silent"
    return "stopping" if lease["stop_requested"] else "running"


def _alive_at(lease: Mapping[str, Any]) -> datetime:
    signs: tuple[datetime, datetime] = lease["heartbeat"], lease["last_alive"]
    return max(signs)
