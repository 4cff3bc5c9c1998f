"""`batches`: an entry (`ledger.entries`) of each micro-batch, planned before its first write, committed after its last.

epoch is that of the lease (`ledger.lease`) under which the entry was last planned or taken over; one of an earlier
version has none, which counts as 0. A planned entry is replaced, taken over and removed by its own epoch or a later one
only, and committed by its own only, each in one operation: a holder that was replaced changes nothing when it wakes up.

A run of `manage.py requeue` has an entry too: query_id "requeue", batch_id and timestamp when it was begun, no offsets,
and counts of the posts only that it stored: what it found no posts are the dead letters that they were, and are counted
in the entries of their batches.
"""

from typing import Any

from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from clock import Clock
from errors import LeaseLost
from ledger.entries import entry_of, plan_of
from ledger.lease import lost
from micro_batch import REQUEUE, BatchId, BatchPlan, Committed, ids_below, lease_of
from settings import Settings


class BatchLedger:
    """One job's entries, for the holder of its lease. epoch: the lease's; 0 for who only reads.

    Raises pymongo's errors: the supervisor restarts the query and the batch is replayed.
    """

    def __init__(
        self, database: Database[dict[str, Any]], settings: Settings, code_version: str, clock: Clock, epoch: int
    ) -> None:
        self._batches = database["batches"]
        self._settings = settings
        self._code_version = code_version
        self._clock = clock
        self._epoch = epoch
        self._mine_to_plan = {"state": "planned", "epoch": {"$not": {"$gt": epoch}}}  # also where there is no epoch

    def is_committed(self, batch: BatchId) -> bool:
        """Whether the batch is stored for good."""
        return self._batches.find_one({"_id": str(batch), "state": "committed"}, {"_id": 1}) is not None

    def earlier(self, batch: BatchId) -> BatchPlan | None:
        """The plan of an earlier attempt at this batch, None at the first.

        Where it is planned only, the entry is this holder's from now on, so that the plan stays as it was read. Raises
        LeaseLost where it is a later holder's.
        """
        entry = self._batches.find_one({"_id": str(batch)})
        if entry is not None and entry["state"] == "planned":
            entry = self._batches.find_one_and_update(
                {"_id": str(batch), **self._mine_to_plan},
                {"$set": {"epoch": self._epoch}},
                return_document=ReturnDocument.AFTER,
            )
            if entry is None:
                raise self._lost(batch)
        return plan_of(entry) if entry else None

    def plan(self, plan: BatchPlan) -> None:
        """Write the entry, or write it anew where the batch turned out to hold something else.

        Raises LeaseLost where it is committed, or a later holder's.
        """
        earlier = {"_id": str(plan.id), **self._mine_to_plan}
        entry = entry_of(plan, self._settings, self._code_version, self._epoch, self._clock.now())
        try:
            self._batches.replace_one(earlier, entry, upsert=True)
        except DuplicateKeyError:
            # A former holder may have been first by a moment, while there was no entry yet: it has to give way.
            if self._batches.replace_one(earlier, entry).matched_count == 0:
                raise self._lost(plan.id) from None

    def commit(self, committed: Committed) -> None:
        """Everything of the batch is stored; an entry that this holder has committed stays as it is.

        Raises LeaseLost where the entry is another holder's, or gone.
        """
        batch = committed.plan.id
        ours = {"_id": str(batch), "epoch": self._epoch}
        changed = self._batches.update_one(
            {**ours, "state": "planned"},
            {
                "$set": {
                    "state": "committed",
                    "committed_at": self._clock.now(),
                    "seconds": committed.seconds,
                    "lag_seconds": committed.lag_seconds,
                    "spans": dict(committed.spans),
                }
            },
        )
        if changed.matched_count == 0 and self._batches.find_one({**ours, "state": "committed"}, {"_id": 1}) is None:
            raise self._lost(batch)

    def abandoned(self) -> list[BatchId]:
        """The batches of the job's queries that were planned and not committed; a requeue ends what it began.

        They are this holder's from now on: nobody commits one whose documents are about to be removed.
        """
        of_job = {"job": self._settings.jobname, "query_id": {"$ne": REQUEUE}}
        self._batches.update_many({**of_job, **self._mine_to_plan}, {"$set": {"epoch": self._epoch}})
        entries = self._batches.find({**of_job, "state": "planned", "epoch": self._epoch})
        return [BatchId(entry["query_id"], entry["batch_id"]) for entry in entries]

    def forget(self, batch: BatchId) -> None:
        """Remove the entry of an abandoned batch, whose documents are gone."""
        self._batches.delete_one({"_id": str(batch), **self._mine_to_plan})

    def files(self, but_of: str | None) -> set[str]:
        """The files that the job's committed batches have read, without those of that query."""
        wanted = {"job": self._settings.jobname, "state": "committed", "offsets.file": {"$exists": True}}
        entries = self._batches.find({**wanted, "query_id": {"$ne": but_of}}, {"offsets.file": 1})
        return {each["file"] for entry in entries for each in entry["offsets"]}

    def committed_segments(self, ids: list[str]) -> set[str]:
        """Those of these segment ids that a committed batch has stored."""
        entries = self._batches.find(
            {"job": self._settings.jobname, "state": "committed", "offsets.segment": {"$in": ids}},
            {"offsets.segment": 1},
        )
        return {each["segment"] for entry in entries for each in entry["offsets"]}.intersection(ids)

    def last_committed(self) -> dict[str, Any] | None:
        """The job's newest committed entry with offsets, whatever the query."""
        return self._batches.find_one(
            {
                "job": self._settings.jobname,
                "source": self._settings.source,
                "state": "committed",
                "query_id": {"$ne": REQUEUE},
            },
            sort=[("committed_at", -1), ("batch_id", -1)],
        )

    def former(self, query_id: str) -> tuple[str, str] | None:
        """Job and source of what that query has planned, whatever the job; None where it has planned nothing."""
        entry = self._batches.find_one({"_id": ids_below(query_id)}, {"job": 1, "source": 1})
        return (entry["job"], entry["source"]) if entry else None

    def _lost(self, batch: BatchId) -> LeaseLost:
        return lost(lease_of(batch.query_id, self._settings.jobname))


def highest_epoch(database: Database[dict[str, Any]], job: str) -> int:
    """The highest epoch of what the job, or a requeue of it, has planned and not committed; 0 where there is none."""
    planned = database["batches"].find({"job": job, "state": "planned"}, {"epoch": 1})
    return max((entry.get("epoch", 0) for entry in planned), default=0)
