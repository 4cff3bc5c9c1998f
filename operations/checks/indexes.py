"""Whether the collections have the indexes that a job makes at its start."""

from collections.abc import Iterator

from pymongo.errors import OperationFailure

from ledger.database import is_unauthorized
from ledger.indexes import INDEXES, conflicting, missing
from operations.checks.result import Result, failed, ok, skipped, warning
from operations.checks.subject import Subject


def look(subject: Subject) -> Iterator[Result]:
    """Of collections that hold something; those of the others cost nothing to make."""
    database = subject.database
    try:
        there = {name: list(database[name].list_indexes()) for name in INDEXES}
    except OperationFailure as refusal:
        if not is_unauthorized(refusal):
            raise
        yield skipped("the user may not list them; the job makes those that are missing")
        return
    if wrong := conflicting(there):
        drop = "; ".join(f"db.{collection}.dropIndex({name!r})" for collection, name in wrong)
        yield failed(f"made otherwise, and a job cannot start: {_named(wrong)}", f"drop them in mongosh: {drop}")
        return
    lacking = [each for each in missing(there) if database[each[0]].estimated_document_count()]
    if lacking:
        yield warning(f"missing: {_named(lacking)}", "the next start of the job makes them, and takes longer by that")
    else:
        yield ok("all there, or made when the job starts")


def _named(indexes: list[tuple[str, str]]) -> str:
    return ", ".join(f"{collection}.{name}" for collection, name in indexes)
