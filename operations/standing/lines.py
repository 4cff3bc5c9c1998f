"""A job as a line of key=value: for a log, where no terminal is."""

import json

from operations.standing.reading import Standing
from operations.standing.verdict import verdict
from operations.times import iso


def line(standing: Standing) -> str:
    """Everything that changes, on one line; what is not known is left out."""
    found, last = verdict(standing), standing.health.last
    count = {} if last is None else {"total_case_count": last["total_case_count"], **last["case_count"]}
    told = {
        "job": standing.job,
        "state": found.state,
        "source": standing.source,
        "batch_id": last and last["batch_id"],
        "committed_at": last and iso(last["committed_at"]),
        "posts": last and last["posts"],
        "seconds": last and last.get("seconds"),
        "lag_seconds": last and last.get("lag_seconds"),
        "posts_per_minute": None if standing.rate.per_minute is None else round(standing.rate.per_minute, 1),
        "heard_minutes": round(standing.rate.heard_minutes, 1),
        "gaps": len(standing.gaps),
        "lost_seconds": round(standing.lost_seconds, 1),
        "dead_letters": standing.dead_letters,
        "removals_waiting": standing.removals,
        "total_case_count": count.get("total_case_count"),
        "count_status": count.get("status"),
        "host": standing.lease and standing.lease["host"],
        "pid": standing.lease and standing.lease["pid"],
        "attention": "; ".join(found.attention) or None,
    }
    fields = " ".join(f"{name}={_quoted(value)}" for name, value in told.items() if value is not None)
    return f"{iso(standing.at)} {fields}"


def _quoted(value: object) -> str:
    text = str(value)
    return text if text and text.isprintable() and not set(text) & set(' "=') else json.dumps(text, ensure_ascii=False)
