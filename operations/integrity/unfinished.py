"""What was begun and not ended: planned batches, and requeues. A process that is at it just now is no damage."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from clock import Clock
from ledger.leases import period_of
from micro_batch import REQUEUE, lease_of
from operations.integrity.findings import Kind, Report
from operations.integrity.stored import Documents


def report_planned(
    planned: Sequence[Mapping[str, Any]], database: Documents, job: str, clock: Clock, report: Report
) -> None:
    """A finding for each entry that is planned still: in hand where it is the newest, and its process is alive."""
    newest = max((entry["timestamp"] for entry in planned if entry["query_id"] != REQUEUE), default=None)
    for before in planned:
        entry = database["batches"].find_one({"_id": before["_id"]})
        if entry is None or entry.get("state") != "planned":
            continue
        is_requeue = before["query_id"] == REQUEUE
        is_alive = is_held(database, lease_of(before["query_id"], job), clock)
        is_last = is_requeue or before["timestamp"] == newest
        kind = Kind.IN_HAND if is_last and is_alive else Kind.UNFINISHED
        report.add(kind, f"batches/{entry['_id']}", "state planned", "committed")


def report_requeues(runs: Mapping[int, int], database: Documents, job: str, report: Report) -> None:
    """A dead letter that is called requeued is a post of its run. runs: posts of each committed run.

    Fewer letters than posts are there where some have expired, with the batches in which they first stood.
    """
    letters = database["dead_letters"]
    known = set(letters.distinct("requeue_run", {"job": job, "requeued_at": {"$ne": None}}))
    for run in sorted({*runs, *known} - {None}):
        where = f"batches/{REQUEUE}:{run}"
        of_run = {"job": job, "requeue_run": run}
        if letters.find_one({**of_run, "requeued_at": None}, {"_id": 1}) is not None:
            report.add(Kind.REQUEUE_OPEN, where, "dead letters that it holds", "each requeued, or let go")
            continue
        posts = runs.get(run, 0)
        requeued = letters.count_documents({**of_run, "requeued_at": {"$ne": None}})
        if requeued > posts or (requeued < posts and not report.expired):
            report.add(Kind.REQUEUED, where, requeued, f"{posts}, its posts")


def is_held(database: Documents, name: str, clock: Clock) -> bool:
    """Whether that lease is held, and its heartbeat no older than two periods."""
    lease = database["leases"].find_one({"_id": name, "state": "held"})
    if lease is None or not isinstance(lease.get("heartbeat"), datetime):
        return False
    return bool(clock.now() - lease["heartbeat"] < timedelta(seconds=2 * period_of(lease)))
