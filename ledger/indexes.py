"""The indexes of the collections: on the fields of a batch, none on `content`. Making them twice changes nothing.

A reader begins with `batches`: the committed ones of a time, of one job or of all, in the order of `timestamp`; the
documents of these it takes by `_id`. Who looks into `micro_batches` or its views first goes by (job, timestamp).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import IndexModel
from pymongo.database import Database

INDEXES: dict[str, list[IndexModel]] = {
    "micro_batches": [IndexModel([("job", 1), ("timestamp", 1)]), IndexModel([("timestamp", 1)])],
    "batches": [
        IndexModel([("job", 1), ("state", 1), ("committed_at", -1)]),
        IndexModel([("job", 1), ("timestamp", 1)]),
        IndexModel([("job", 1), ("state", 1), ("timestamp", 1)]),
        IndexModel([("state", 1), ("timestamp", 1)]),
        IndexModel([("job", 1), ("expired_at", 1), ("timestamp", 1)]),
        IndexModel([("offsets.segment", 1)], sparse=True),
        IndexModel([("forgetting.document", 1)], sparse=True),
    ],
    "dead_letters": [
        IndexModel([("job", 1), ("problem", 1), ("received_at", 1)]),
        IndexModel([("job", 1), ("batch_id", 1)]),
        IndexModel([("requeue_run", 1)], sparse=True),
    ],
    "removals": [IndexModel([("job", 1), ("due_at", 1)]), IndexModel([("job", 1), ("post_id", 1)])],
    "coverage": [IndexModel([("job", 1), ("from", 1)])],
    "forgotten": [IndexModel([("at", -1)])],
    "usage": [IndexModel([("account", 1), ("day", 1)])],
    "leases": [
        IndexModel(
            [("checkpoint", 1)],
            unique=True,
            partialFilterExpression={"state": "held"},
            name="one_holder_of_a_checkpoint",
        )
    ],
}


def ensure_indexes(database: Database[dict[str, Any]]) -> None:
    """Make the indexes that are not there. Raises pymongo's errors."""
    for collection, indexes in INDEXES.items():
        database[collection].create_indexes(indexes)


def missing(there: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[tuple[str, str]]:
    """Collection and name of those that are not there. there: what `listIndexes` says, by collection."""
    return [(name, wanted["name"]) for name, wanted in _wanted() if wanted["name"] not in _names(there.get(name, ()))]


def conflicting(there: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[tuple[str, str]]:
    """Collection and name of those for which MongoDB refuses to make ours: one of the name, or the same but for it."""
    return [
        (name, found["name"])
        for name, wanted in _wanted()
        for found in there.get(name, ())
        if (found["name"] == wanted["name"]) != (_rule(found) == _rule(wanted))
    ]


def _wanted() -> list[tuple[str, dict[str, Any]]]:
    return [(collection, index.document) for collection, indexes in INDEXES.items() for index in indexes]


def _names(indexes: Sequence[Mapping[str, Any]]) -> set[str]:
    return {index["name"] for index in indexes}


def _rule(index: Mapping[str, Any]) -> tuple[Any, ...]:
    options = (bool(index.get("unique")), bool(index.get("sparse")), index.get("partialFilterExpression"))
    return list(index["key"].items()), options
