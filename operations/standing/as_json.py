"""A reading as JSON: docs/status.md has its fields. Times are ISO 8601 in UTC."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ledger.losses import Gap
from operations.standing.reading import Standing
from operations.standing.verdict import verdict
from operations.times import iso_or_none

_OF_BATCH = (
    "query_id", "batch_id", "timestamp", "committed_at", "posts", "dead_letters", "duplicates", "deletions", "edits",
    "parts", "seconds", "lag_seconds", "code_version",
)  # fmt: skip
_OF_LEASE = (
    "host",
    "pid",
    "epoch",
    "since",
    "heartbeat",
    "period_seconds",
    "state",
    "stop_requested",
    "checkpoint",
    "spool",
)


def as_json(database: str, at: datetime, standings: Sequence[Standing]) -> dict[str, Any]:
    """All of one reading."""
    return {"at": iso_or_none(at), "database": database, "jobs": [_job(each) for each in standings]}


def _job(standing: Standing) -> dict[str, Any]:
    found = verdict(standing)
    return {
        "job": standing.job,
        "source": standing.source,
        "state": found.state,
        "since": iso_or_none(found.since),
        "is_failure": found.is_failure,
        "attention": list(found.attention),
        "last_batch": _last_batch(standing),
        "usual_seconds": standing.health.usual_seconds,
        "planned": [
            {"query_id": each.query_id, "batch_id": each.number, "planned_at": iso_or_none(each.since)}
            for each in standing.health.planned
        ],
        "rate": {
            "minutes": standing.rate.minutes,
            "heard_minutes": round(standing.rate.heard_minutes, 3),
            "posts": standing.rate.posts,
            "posts_per_minute": standing.rate.per_minute,
        },
        "gaps": {
            "number": len(standing.gaps),
            "lost_seconds": round(standing.lost_seconds, 3),
            "newest": _gap(standing.gaps[0], standing.at) if standing.gaps else None,
        },
        "dead_letters": {
            "number": standing.dead_letters,
            "reasons": [
                {
                    "problem": each.problem,
                    "number": each.letters,
                    "waiting": each.waiting,
                    "newest": iso_or_none(each.newest_at),
                }
                for each in standing.reasons
            ],
        },
        "case_count": _case_count(standing),
        "removals_waiting": standing.removals,
        "lease": _lease(standing),
    }


def _last_batch(standing: Standing) -> dict[str, Any] | None:
    last = standing.health.last
    if last is None:
        return None
    age = (standing.at - last["committed_at"]).total_seconds()
    return {**{name: _plain(last.get(name)) for name in _OF_BATCH}, "age_seconds": round(age, 3)}


def _case_count(standing: Standing) -> dict[str, Any] | None:
    last = standing.health.last
    if last is None:
        return None
    count = last["case_count"]
    age = (standing.at - count["as_of"]).total_seconds() if count["as_of"] else None
    told = {name: _plain(count[name]) for name in ("status", "provider", "as_of", "fetched_at")}
    return {"total": last["total_case_count"], **told, "age_seconds": age, "flags": list(count.get("flags") or ())}


def _gap(gap: Gap, now: datetime) -> dict[str, Any]:
    lasted = round(((gap.until or now) - gap.since).total_seconds(), 3)
    ends = {"from": iso_or_none(gap.since), "to": iso_or_none(gap.until), "seconds": lasted}
    return {**ends, "cause": gap.cause, "recovered": gap.recovered if gap.until else None}


def _lease(standing: Standing) -> dict[str, Any] | None:
    if standing.lease is None:
        return None
    told = {name: _plain(standing.lease.get(name)) for name in _OF_LEASE}
    return {**told, "expires": iso_or_none(standing.expires)}


def _plain(value: object) -> object:
    return iso_or_none(value) if isinstance(value, datetime) else value
