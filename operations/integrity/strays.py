"""Documents and dead letters of batches that the ledger does not have."""

from collections.abc import Iterator, Mapping
from typing import Any

from operations.integrity.findings import Kind, Report
from operations.integrity.stored import Documents, batch_of_letter
from operations.integrity.tally import posts_of

_AT_ONCE = 1_000


def report_document_if_stray(document: Mapping[str, Any], batch: str, database: Documents, report: Report) -> None:
    """A batch that was planned since its window was read has its entry by now, and its time."""
    entry = database["batches"].find_one({"_id": batch})
    where = f"micro_batches/{document['_id']}"
    if database["micro_batches"].find_one({"_id": document["_id"]}, {"_id": 1}) is None:
        return
    if entry is None:
        posts = len(posts_of(document))
        report.add(Kind.STRAY_DOCUMENT, where, f"{posts} posts", f"an entry {batch} in the ledger")
    else:
        for name in ("job", "timestamp"):
            if entry.get(name) != document.get(name):
                report.add(Kind.FIELD, where, f"{name} {document.get(name)}", entry.get(name))


def report_stray_letters(database: Documents, job: str, report: Report) -> None:
    """Looked for only where the job has other dead letters than those of the batches that the report has seen."""
    if database["dead_letters"].count_documents({"job": job}) == report.dead_letters:
        return
    for letter in _stray_letters(database, job):
        batch = batch_of_letter(letter)
        report.add(
            Kind.STRAY_LETTER, f"dead_letters/{letter['_id']}", f"origin {letter.get('origin')}", f"an entry {batch}"
        )


def _stray_letters(database: Documents, job: str) -> Iterator[dict[str, Any]]:
    held: list[dict[str, Any]] = []
    for letter in database["dead_letters"].find({"job": job}, {"batch_id": 1, "origin": 1}):
        held.append(letter)
        if len(held) == _AT_ONCE:
            yield from _unknown(database, job, held)
            held = []
    yield from _unknown(database, job, held)


def _unknown(database: Documents, job: str, letters: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    wanted = {"job": job, "_id": {"$in": list({batch_of_letter(letter) for letter in letters})}}
    known = {entry["_id"] for entry in database["batches"].find(wanted, {"_id": 1})}
    yield from (letter for letter in letters if batch_of_letter(letter) not in known)
