"""Which jobs a database knows, asked of indexes only, however much is stored."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pymongo.database import Database

Documents = Database[dict[str, Any]]


def job_names(database: Documents, collections: Sequence[str] = ("batches",)) -> list[str]:
    """Every job that has a lease, or of which one of these collections holds something, in alphabetical order.

    The leases name almost all of them, and are few; the rest lies between two of those names, where an index whose
    first field is `job` says at once that there is nothing. A `distinct` would be as quick on MongoDB, but the embedded
    server reads every document for it. Raises pymongo's errors.
    """
    leases = (str(lease["_id"]) for lease in database["leases"].find({}, {"_id": 1}))
    names = {name for name in leases if ":" not in name}  # with a colon: the lease of a command
    for collection in collections:
        names.update(_others(database, collection, sorted(names)))
    return sorted(names)


def _others(database: Documents, collection: str, known: Sequence[str]) -> Iterator[str]:
    for after, before in zip(("", *known), (*known, None), strict=True):
        name: str | None = after
        while name is not None:
            found = database[collection].find_one({"job": _between(name, before)}, {"job": 1}, sort=[("job", 1)])
            name = found["job"] if found else None
            if name is not None:
                yield name


def _between(after: str, before: str | None) -> Mapping[str, str]:
    return {"$gt": after} if before is None else {"$gt": after, "$lt": before}
