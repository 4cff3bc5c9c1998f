"""The posts once more, read by plain pymongo, an object for each value: what the loader is held against."""

from collections.abc import Iterator, Mapping
from typing import Any

from casestream.recurring_fields import CASE_COUNT, METRICS, POST
from tests.conftest import Documents

Row = dict[str, Any]


def posts(database: Documents, chosen: Mapping[str, Any] | None = None) -> list[Row]:
    """The posts of the committed batches that the filter finds, by (timestamp, batch, created_at, origin)."""
    rows = list(_posts(database, chosen or {}))
    return sorted(rows, key=lambda row: (row["timestamp"], row["batch"], row["created_at"], row["origin"]))


def _posts(database: Documents, chosen: Mapping[str, Any]) -> Iterator[Row]:
    for batch in database["batches"].find({**chosen, "state": "committed"}):
        for document in database["micro_batches"].find(
            {"_id": {"$gte": f"{batch['_id']}:", "$lt": f"{batch['_id']};"}}
        ):
            about = {"job": document["job"], "batch": batch["_id"], "timestamp": document["timestamp"]}
            for post in document["content"]:
                metrics = post.get("metrics") or {}
                flat = {field.name: post.get(field.name) for field in POST if field.name != "metrics"}
                numbers = {field.name: metrics.get(field.name) for field in METRICS}
                yield {**flat, **numbers, **about, **count_columns(document)}


def count_columns(document: Mapping[str, Any]) -> Row:
    """The columns of the case count, of a document or an entry."""
    total = document["total_case_count"]
    count = {f"case_count_{field.name}": document["case_count"].get(field.name) for field in CASE_COUNT.fields}
    return {"total_case_count": None if total == -1 else total, **count}
