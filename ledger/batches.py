"""`batches`: one document for each micro-batch, planned before its first write and committed after its last.

{ _id: "<query id>:<batch id>", job, source, query_id, batch_id, timestamp, total_case_count, case_count, offsets,
  parts, posts, dead_letters, tombstones, duplicates, bytes, content_hash, newest_received_at, code_version, from_start,
  state: "planned" | "committed", planned_at, committed_at | null, seconds, lag_seconds, spans: {phase: ms} }

A run of `manage.py requeue` has an entry too: query_id "requeue", batch_id and timestamp when it was begun, no offsets,
and counts of the posts only that it stored: what it found no posts are the dead letters that they were, and are counted
in the entries of their batches.
"""

from collections.abc import Mapping
from typing import Any

from pymongo.database import Database

from case_count import CaseCount
from clock import Clock
from micro_batch import REQUEUE, BatchId, BatchPlan, Committed, Contents, LoggedBatch
from settings import Settings


class BatchLedger:
    """One job's entries. Raises pymongo's errors: the supervisor restarts the query and the batch is replayed."""

    def __init__(self, database: Database[dict[str, Any]], settings: Settings, code_version: str, clock: Clock) -> None:
        self._batches = database["batches"]
        self._settings = settings
        self._code_version = code_version
        self._clock = clock

    def is_committed(self, batch: BatchId) -> bool:
        """Whether the batch is stored for good."""
        return self._batches.find_one({"_id": str(batch), "state": "committed"}, {"_id": 1}) is not None

    def earlier(self, batch: BatchId) -> BatchPlan | None:
        """The plan of an earlier attempt at this batch, None at the first."""
        entry = self._batches.find_one({"_id": str(batch)})
        return _plan(entry) if entry else None

    def plan(self, plan: BatchPlan) -> None:
        """Write the entry, or write it anew where the batch turned out to hold something else.

        Raises DuplicateKeyError where it is committed: another process has taken the job over and stored the batch.
        """
        self._batches.replace_one({"_id": str(plan.id), "state": "planned"}, self._entry(plan), upsert=True)

    def commit(self, committed: Committed) -> None:
        """Everything of the batch is stored; an entry that is committed already stays as it is."""
        self._batches.update_one(
            {"_id": str(committed.plan.id), "state": "planned"},
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

    def abandoned(self) -> list[BatchId]:
        """The batches of the job's queries that were planned and not committed; a requeue ends what it began."""
        entries = self._batches.find(
            {"job": self._settings.jobname, "state": "planned", "query_id": {"$ne": REQUEUE}},
        )
        return [BatchId(entry["query_id"], entry["batch_id"]) for entry in entries]

    def forget(self, batch: BatchId) -> None:
        """Remove the entry of an abandoned batch, whose documents are gone."""
        self._batches.delete_one({"_id": str(batch), "state": "planned"})

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

    def _entry(self, plan: BatchPlan) -> dict[str, Any]:
        contents = plan.contents
        return {
            "_id": str(plan.id),
            "job": self._settings.jobname,
            "source": self._settings.source,
            "query_id": plan.id.query_id,
            "batch_id": plan.id.number,
            "timestamp": plan.logged.timestamp,
            "total_case_count": plan.case_count.total,
            "case_count": plan.case_count.provenance(),
            "offsets": [dict(each) for each in plan.logged.offsets],
            "parts": plan.parts,
            "posts": contents.posts,
            "dead_letters": contents.dead_letters,
            "tombstones": contents.tombstones,
            "duplicates": sum(each.get("duplicates", 0) for each in plan.logged.offsets),
            "bytes": contents.bytes,
            "content_hash": contents.content_hash,
            "newest_received_at": contents.newest_received_at,
            "code_version": self._code_version,
            "from_start": self._settings.from_start,
            "state": "planned",
            "planned_at": self._clock.now(),
            "committed_at": None,
        }


def _plan(entry: Mapping[str, Any]) -> BatchPlan:
    count = CaseCount(total=entry["total_case_count"], **entry["case_count"])
    contents = Contents(
        **{name: entry[name] for name in ("posts", "dead_letters", "tombstones", "bytes", "content_hash")},
        newest_received_at=entry["newest_received_at"],
    )
    logged = LoggedBatch(entry["timestamp"], tuple(entry["offsets"]))
    return BatchPlan(BatchId(entry["query_id"], entry["batch_id"]), logged, contents, entry["parts"], count)
