"""An entry of `batches`, and the plan that it holds.

{ _id: "<query id>:<batch id>", job, source, query_id, batch_id, timestamp, total_case_count, case_count, offsets,
  parts, posts, dead_letters, tombstones, forgotten, deletions, edits, filtered, duplicates, bytes, content_hash,
  removals_hash, newest_received_at, code_version, from_start, epoch, state: "planned" | "committed", planned_at,
  committed_at | null, seconds, lag_seconds, spans: {phase: ms} }
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from case_count import CaseCount
from micro_batch import BatchId, BatchPlan, Contents, LoggedBatch
from settings import Settings

_COUNTED_LATER = ("forgotten", "deletions", "edits", "filtered")
"""Of `Contents`: what an earlier version's entry has not, `removals_hash` beside."""


def entry_of(plan: BatchPlan, settings: Settings, code_version: str, epoch: int, now: datetime) -> dict[str, Any]:
    """As it is planned: nothing is stored yet."""
    contents = plan.contents
    return {
        "_id": str(plan.id),
        "job": settings.jobname,
        "source": settings.source,
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
        **{name: getattr(contents, name) for name in _COUNTED_LATER},
        "duplicates": contents.duplicates + _dropped_by_receiver(plan.logged.offsets),
        "bytes": contents.bytes,
        "content_hash": contents.content_hash,
        "removals_hash": contents.removals_hash,
        "newest_received_at": contents.newest_received_at,
        "code_version": code_version,
        "from_start": settings.from_start,
        "epoch": epoch,
        "state": "planned",
        "planned_at": now,
        "committed_at": None,
    }


def plan_of(entry: Mapping[str, Any]) -> BatchPlan:
    """What was planned; an entry of an earlier version has not all of its fields."""
    count = CaseCount.stored(entry)
    contents = Contents(
        **{name: entry[name] for name in ("posts", "dead_letters", "tombstones", "bytes", "content_hash")},
        newest_received_at=entry["newest_received_at"],
        duplicates=entry["duplicates"] - _dropped_by_receiver(entry["offsets"]),
        **{name: entry[name] for name in (*_COUNTED_LATER, "removals_hash") if name in entry},
    )
    logged = LoggedBatch(entry["timestamp"], tuple(entry["offsets"]))
    return BatchPlan(BatchId(entry["query_id"], entry["batch_id"]), logged, contents, entry["parts"], count)


def _dropped_by_receiver(offsets: Iterable[Mapping[str, Any]]) -> int:
    return sum(each.get("duplicates", 0) for each in offsets)
