"""`leases`: one job of a name, of a checkpoint, and of a spool, at a time.

    { _id: jobname, holder, host, pid, epoch, checkpoint, spool, period_seconds, since, heartbeat,
      state: "held" | "released" | "expired", stop_requested, last_alive }

The holder moves its heartbeat; a starter that sees it stand still for a whole period takes the lease over and raises
the epoch above that of every lease of the name, the checkpoint or the spool. Clocks of two machines are never compared.
A holder that finds another epoch writes nothing more. `indexes` must exist: of two holders of one checkpoint the
database refuses the second.
"""

from collections.abc import Mapping
from typing import Any

from pymongo.database import Database

_PERIOD_SECONDS = 30.0
"""Of a lease that a version took which did not write it down yet."""


def held_leases(
    database: Database[dict[str, Any]], jobname: str, checkpoint: str, spool: str | None
) -> list[dict[str, Any]]:
    """The leases that a start of this job would watch, whether or not their holders live. Raises pymongo's errors."""
    return list(database["leases"].find({**of_the_same(jobname, checkpoint, spool), "state": "held"}))


def of_the_same(jobname: str, checkpoint: str, spool: str | None) -> dict[str, Any]:
    """The condition that the leases meet which the job cannot be held beside."""
    mine = [{"_id": jobname}, {"checkpoint": checkpoint}]
    mine += [{"spool": spool}] if spool else []
    return {"$or": mine}


def period_of(lease: Mapping[str, Any]) -> float:
    """For how many seconds its holder need give no sign of life, and still has it."""
    return float(lease.get("period_seconds", _PERIOD_SECONDS))


def described(lease: Mapping[str, Any]) -> str:
    """Who holds it, since when he was not heard, and of which checkpoint."""
    return (
        f"job={lease['_id']} host={lease['host']} pid={lease['pid']} "
        f"heartbeat={lease['heartbeat'].isoformat(timespec='seconds')} checkpoint={lease['checkpoint']}"
    )
