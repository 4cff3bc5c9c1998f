"""What batches ask to be removed: each entry belongs to a batch that says so; what is not done yet is a note."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from micro_batch import BatchId, query_of
from operations.integrity.findings import Kind, Report
from operations.integrity.repeats import digest_of
from operations.integrity.stored import Documents
from operations.integrity.twice import name_of_post
from sinks import fingerprint

_READ = ("batch_id", "post_id", "kind", "origin", "done_at")


@dataclass
class _Sum:
    number: int = 0
    hash: int = 0


def report_removals(database: Documents, job: str, report: Report) -> None:
    """Entries of no batch, and those that are not what their batch said; fewer is right: they are not kept for long."""
    sums: dict[str, _Sum] = {}
    waiting = 0
    for removal in _entries(database, {"job": job}):
        batch = sums.setdefault(str(BatchId(query_of(removal["_id"]), removal.get("batch_id", -1))), _Sum())
        batch.number += 1
        batch.hash += _hash(removal)
        waiting += removal.get("done_at") is None
    for name, found in sums.items():
        entry = database["batches"].find_one({"_id": name, "job": job})
        if entry is None:
            report.add(Kind.STRAY_REMOVAL, f"removals of {name}", found.number, "an entry in the ledger")
        elif entry.get("state") == "committed":
            _compare(entry, found, report)
    if waiting:
        report.add(Kind.REMOVALS_WAIT, "removals", f"{waiting:,} not done yet", "0 once the job has looked for them")


def edited(database: Documents, job: str, readings: int) -> frozenset[int]:
    """`repeats.digest_of` the names of posts of which versions of one id are stored until the job has removed them."""
    posts = ({"source": each.get("source"), "id": each["post_id"]} for each in _entries(database, _edits(job)))
    return frozenset(digest_of(name_of_post(reading, post)) for post in posts for reading in range(1, readings + 1))


def _edits(job: str) -> dict[str, Any]:
    return {"job": job, "kind": "edited"}


def _entries(database: Documents, those: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from database["removals"].find(those, dict.fromkeys((*_READ, "source"), 1))


def _compare(entry: Mapping[str, Any], found: _Sum, report: Report) -> None:
    said = entry.get("deletions", 0) + entry.get("edits", 0)
    if found.number < said:
        return
    where, digits = f"removals of {entry['_id']}", fingerprint.content_hash(found.hash)
    if found.number > said:
        report.add(Kind.REMOVALS, where, found.number, said)
    elif digits != entry.get("removals_hash"):
        report.add(Kind.REMOVALS, where, digits, entry.get("removals_hash"))


def _hash(removal: Mapping[str, Any]) -> int:
    try:
        return fingerprint.of_removal(removal)
    except (KeyError, TypeError):
        return 0
