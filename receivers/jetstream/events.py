"""What the receiver reads of Jetstream's events. It judges none: whatever came is appended."""

import hashlib
import json
from typing import Any

_KINDS = ("identity", "account")


def parsed(event: bytes) -> dict[str, Any]:
    """The object; an empty one where it is none."""
    try:
        found = json.loads(event)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def time_of(event: bytes) -> int | None:
    """When the host has seen it, microseconds since 1970; None where it does not say so."""
    time_us = parsed(event).get("time_us")
    return time_us if type(time_us) is int and time_us > 0 else None


def key_of(event: bytes) -> str:
    """What tells it from others, on every host.

    The record's URI, its repository's revision and the operation; of an account's event its number in the network's
    stream. (`time_us` is each host's own.) What has neither comes again from its host with the same bytes.
    """
    found = parsed(event)
    did, commit = found.get("did"), found.get("commit")
    if isinstance(commit, dict):
        parts = [did, *(commit.get(name) for name in ("collection", "rkey", "rev", "operation"))]
        if all(type(part) is str and part for part in parts):
            return "\n".join(map(str, parts))
    for kind in _KINDS:
        told = found.get(kind)
        if isinstance(told, dict) and type(told.get("seq")) is int and did:
            return f"{did}\n{kind}\n{told['seq']}"
    return f"bytes {hashlib.sha256(event).hexdigest()}"
