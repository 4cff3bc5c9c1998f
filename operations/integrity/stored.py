"""Ledger, documents and dead letters of a job, window by window: bounded memory, however much there is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from micro_batch import ids_below, query_of

Documents = Database[dict[str, Any]]

WINDOW_BATCHES = 128
_DECODED: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC, unicode_decode_error_handler="replace")
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
_LETTER_FIELDS = ("batch_id", "origin", "problem", "sha256", "raw", "length", "requeue_run")


@dataclass(frozen=True)
class Window:
    """Batches of the ledger, by `_id`, and the times (`timestamp`) that documents of theirs may have."""

    entries: Mapping[str, dict[str, Any]]
    times: Mapping[str, Any] | None


def windows(
    database: Documents,
    job: str,
    begin: datetime | None = None,
    end: datetime | None = None,
    batches_at_once: int = WINDOW_BATCHES,
) -> Iterator[Window]:
    """The entries of the job, in the order of their timestamps; the last window has no batch, and no end but `end`.

    Every time from begin until end (exclusive) belongs to exactly one window, also one that no batch has. Where neither
    is given, the first window is of what has no time.
    """
    batches = database["batches"]
    if begin is None and end is None:
        undated = batches.find({"job": job, "timestamp": None})
        yield Window({str(entry["_id"]): entry for entry in undated}, None)
    since: dict[str, Any] = {"$gte": begin or datetime(1, 1, 2, tzinfo=UTC)}
    until = {"$lt": end} if end else {}
    while True:
        wanted = {"job": job, "timestamp": {**since, **until}}
        found = list(batches.find(wanted, sort=[("timestamp", 1), ("_id", 1)], limit=batches_at_once))
        if not found:
            yield Window({}, {**since, **until})
            return
        last = found[-1]["timestamp"]
        found = [entry for entry in found if entry["timestamp"] < last]
        found += batches.find({"job": job, "timestamp": last}, sort=[("_id", 1)])
        yield Window({str(entry["_id"]): entry for entry in found}, {**since, "$lte": last})
        since = {"$gt": last}


def documents(database: Documents, job: str, window: Window) -> Iterator[dict[str, Any]]:
    """The window's documents of `micro_batches`, one at a time in memory as objects."""
    found = database["micro_batches"].with_options(_RAW).find({"job": job, "timestamp": window.times})
    for document in found:
        yield bson.decode(document.raw, _DECODED)


def document(database: Documents, name: str) -> dict[str, Any] | None:
    """The document of `micro_batches` with that id."""
    return database["micro_batches"].find_one({"_id": name})


def dead_letters(database: Documents, job: str, window: Window) -> Iterator[tuple[str, dict[str, Any]]]:
    """The window's dead letters, each with its batch's `_id`."""
    numbers: dict[str, list[int]] = {}
    for entry in window.entries.values():
        numbers.setdefault(str(entry["query_id"]), []).append(entry["batch_id"])
    for query, those in numbers.items():
        wanted = {"job": job, "batch_id": {"$gte": min(those), "$lte": max(those)}, "_id": ids_below(query)}
        for letter in database["dead_letters"].find(wanted, dict.fromkeys(_LETTER_FIELDS, 1)):
            if (batch := batch_of_letter(letter)) in window.entries:
                yield batch, letter


def is_dead(database: Documents, name: str) -> bool:
    """Whether the dead letter with that id is there, and in no requeue."""
    return database["dead_letters"].find_one({"_id": name, "requeue_run": None}, {"_id": 1}) is not None


def requeued_queries(database: Documents, job: str, run: str) -> dict[Any, list[str]]:
    """The queries that found the letters of that requeue dead, by the letters' origin; none where run is no number."""
    queries: dict[Any, list[str]] = {}
    wanted = {"job": job, "requeue_run": int(run) if run.isdecimal() else -1}
    for letter in database["dead_letters"].find(wanted, {"origin": 1}):
        queries.setdefault(letter.get("origin"), []).append(query_of(letter["_id"]))
    return queries


def batch_of_letter(letter: Mapping[str, Any]) -> str:
    """The `_id` of a dead letter's batch."""
    return f"{query_of(letter['_id'])}:{letter.get('batch_id')}"
