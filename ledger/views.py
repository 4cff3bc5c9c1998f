"""The views `posts` and `texts`: `casestream.tables` says what their rows are, here is how MongoDB makes them.

Both show posts of committed batches only: a document's entry in `batches` is looked up, once a document, by `_id`.

A reader's `$match` on `job` and `timestamp` comes behind these stages and has to get in front of them, to the index of
`micro_batches`. MongoDB moves it there by itself past every stage that leaves those fields alone: `$project` with
`job: 1`, `$unwind` of another field, `$lookup` and `$set` into another one
(https://www.mongodb.com/docs/manual/core/aggregation-pipeline-optimization/). So no stage here computes them.
"""

import logging
from collections.abc import Mapping
from typing import Any

from pymongo.database import Database
from pymongo.errors import OperationFailure

from casestream.recurring_fields import CASE_COUNT, METRICS, POST
from casestream.stored import BATCHES, MICRO_BATCHES
from casestream.tables import POSTS_VIEW, TEXTS

log = logging.getLogger(__name__)

_NAMESPACE_EXISTS = 48
_QUERY_ID = {"$arrayElemAt": [{"$split": ["$_id", ":"]}, 0]}
_COMMITTED: list[dict[str, Any]] = [
    {"$set": {"batch": {"$concat": [_QUERY_ID, ":", {"$toString": "$batch_id"}]}}},
    {
        "$lookup": {
            "from": BATCHES.name,
            "localField": "batch",
            "foreignField": "_id",
            "pipeline": [{"$match": {"state": "committed"}}, {"$project": {"_id": 1}}],
            "as": "committed",
        }
    },
    {"$match": {"committed": {"$ne": []}}},
]
_ROW: dict[str, Any] = {
    "_id": {"$concat": ["$_id", ":", {"$toString": "$index"}]},
    **{field.name: f"$content.{field.name}" for field in POST if field.name != "metrics"},
    **{field.name: {"$ifNull": [f"$content.metrics.{field.name}", None]} for field in METRICS},
    **dict.fromkeys(("job", "batch", "timestamp", "total_case_count"), 1),
    **{
        f"case_count_{field.name}": (
            {"$ifNull": [f"$case_count.{field.name}", None]} if field.optional else f"$case_count.{field.name}"
        )
        for field in CASE_COUNT.fields
    },
}
_TEXTS = {"$map": {"input": "$content", "in": "$$this.text"}}  # "$content.text" is nothing to the embedded server

VIEWS: dict[str, list[dict[str, Any]]] = {
    POSTS_VIEW.name: [
        *_COMMITTED,
        {"$unwind": {"path": "$content", "includeArrayIndex": "index"}},
        {"$project": _ROW},
    ],
    TEXTS.name: [
        *_COMMITTED,
        {"$project": {"content": _TEXTS, **dict.fromkeys(("job", "timestamp", "total_case_count"), 1)}},
    ],
}


def ensure_views(database: Database[dict[str, Any]], stored: Mapping[str, Mapping[str, Any]]) -> None:
    """Make the views that are not there, and replace those of another definition.

    stored: what `listCollections` says, by name. A collection of a view's name is left alone, with a warning. Raises
    pymongo's errors.
    """
    for name, pipeline in VIEWS.items():
        if name not in stored:
            _create(database, name, pipeline)
        elif stored[name]["type"] != "view":
            log.warning("view not made, a collection has its name: rename that collection=%s.%s", database.name, name)
        elif not _is(stored[name], pipeline):
            _replace(database, name, pipeline)


def _create(database: Database[dict[str, Any]], name: str, pipeline: list[dict[str, Any]]) -> None:
    try:
        database.command("create", name, viewOn=MICRO_BATCHES.name, pipeline=pipeline)
    except OperationFailure as error:
        if error.code != _NAMESPACE_EXISTS:
            raise
        log.info("view made by another job meanwhile view=%s.%s", database.name, name)


def _replace(database: Database[dict[str, Any]], name: str, pipeline: list[dict[str, Any]]) -> None:
    """Readers see the one or the other definition; for a moment none, where the server does not know how."""
    database.command("collMod", name, viewOn=MICRO_BATCHES.name, pipeline=pipeline)
    # The embedded server says yes to it and changes nothing. Another job may do the same just now: then none is there.
    now = next(iter(database.list_collections(filter={"name": name, "type": "view"})), None)
    if now is None or not _is(now, pipeline):
        database.drop_collection(name)
        _create(database, name, pipeline)
    log.info("view replaced by this version's view=%s.%s", database.name, name)


def _is(view: Mapping[str, Any], pipeline: list[dict[str, Any]]) -> bool:
    return bool(view["options"]["viewOn"] == MICRO_BATCHES.name and view["options"]["pipeline"] == pipeline)
