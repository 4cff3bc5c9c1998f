"""What every line of a job's log owes to whoever reads it."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

_IN_A_BATCH = ("processing and storing", "batch committed", "case count changed", "case count is flagged")


def events(lines: Iterable[str], job: str, query: str) -> list[dict[str, Any]]:
    """The lines of standard error, each of which must be an event of that job and, once it runs, of that query."""
    found = [json.loads(line) for line in lines]
    is_running = False
    for event in found:
        assert datetime.fromisoformat(event["time"]).utcoffset() == timedelta(0)
        assert event["level"] in ("info", "warning", "error", "critical")
        assert event["logger"]
        assert event["event"]
        assert event["job"] == job
        is_running = is_running or "query_id" in event
        assert event.get("query_id") == (query if is_running else None), event
        assert (event["event"] in _IN_A_BATCH) == ("batch_id" in event), event
    assert is_running
    return found
