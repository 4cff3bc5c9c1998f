"""An entry of the ledger as the other checks take it: every field that they read is there, and of its kind."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

_FIELDS: dict[str, type] = {
    "query_id": str,
    "batch_id": int,
    "timestamp": datetime,
    "offsets": list,
    "posts": int,
    "dead_letters": int,
    "tombstones": int,
}
_STATES = ("planned", "committed")
_KAFKA: dict[str, type] = {"topic": str, "partition": int, "from": int, "until": int}
_SEGMENT: dict[str, type] = {"segment": str, "lines": int}


def problem(entry: Mapping[str, Any]) -> str | None:
    """What is wrong with an entry, None where it can be read."""
    for name, kind in _FIELDS.items():
        if not isinstance(entry.get(name), kind):
            return f"{name} {entry.get(name)!r}"
    if entry.get("state") not in _STATES:
        return f"state {entry.get('state')!r}"
    if entry["_id"] != f"{entry['query_id']}:{entry['batch_id']}":
        return f"query_id {entry['query_id']}, batch_id {entry['batch_id']}"
    for each in entry["offsets"]:
        if not isinstance(each, dict) or not _is_whole(each):
            return f"offsets {each!r}"
    return None


def _is_whole(offsets: Mapping[str, Any]) -> bool:
    for mark, fields in (("topic", _KAFKA), ("segment", _SEGMENT)):
        if mark in offsets:
            return all(isinstance(offsets.get(name), kind) for name, kind in fields.items())
    return True
