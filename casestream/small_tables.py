"""The tables `batches`, `counts` and `coverage`: of one row for each entry, read at once."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from casestream.connection import Documents
from casestream.posts import known
from casestream.reading import aggregate, find
from casestream.schemas import arrow_type, table_schema
from casestream.selection import Selection
from casestream.stored import BATCHES, COVERAGE
from casestream.tables import BATCH_TABLE, COUNT_TABLE, COVERAGE_TABLE

_SAME = ("provider", "total_case_count", "as_of", "fetched_at")


def batches(database: Documents, selection: Selection, columns: Sequence[str]) -> pa.Table:
    """The committed batches by (timestamp, batch), those without posts too."""
    names = {*BATCH_TABLE.names(), "_id", "case_count"}
    schema = {field.name: arrow_type(field) for field in BATCHES.fields if field.name in names}
    found = find(database["batches"], selection.of_batches(), schema, ("timestamp", "_id"))
    count = found["case_count"].combine_chunks()
    return _laid_out(
        {
            **{name: found[name] for name in found.column_names},
            "batch": found["_id"],
            "total_case_count": known(found["total_case_count"]),
            **{f"case_count_{field.name}": count.field(field.name) for field in count.type},
        },
        table_schema(BATCH_TABLE, columns),
    )


def counts(database: Documents, selection: Selection, columns: Sequence[str]) -> pa.Table:
    """Each reading of the case count that a committed batch used, by the first batch that did."""
    schema = table_schema(COUNT_TABLE, COUNT_TABLE.names())
    found = aggregate(database["batches"], _readings(selection), dict(zip(schema.names, schema.types, strict=True)))
    by_column = {name: found[name] for name in found.column_names}
    return _laid_out(
        {**by_column, "total_case_count": known(found["total_case_count"])}, table_schema(COUNT_TABLE, columns)
    )


def _readings(selection: Selection) -> list[dict[str, Any]]:
    of_count = {name: f"$case_count.{name}" for name in ("provider", "as_of", "fetched_at")}
    same = {**of_count, "total_case_count": "$total_case_count"}
    unknown = {"$cond": [{"$lt": ["$total_case_count", 0]}, "$case_count.status", None]}
    return [
        {"$match": selection.of_batches()},
        {"$sort": {"timestamp": 1, "_id": 1}},
        {
            "$group": {
                "_id": {**same, "unknown": unknown},
                "status": {"$first": "$case_count.status"},
                "first_batch": {"$min": "$timestamp"},
                "last_batch": {"$max": "$timestamp"},
                "batches": {"$sum": 1},
            }
        },
        {"$sort": {"first_batch": 1}},
        {"$project": {"status": 1, "first_batch": 1, "last_batch": 1, "batches": 1, **{n: f"$_id.{n}" for n in _SAME}}},
    ]


def gaps(database: Documents, selection: Selection, columns: Sequence[str]) -> pa.Table:
    """The gaps that overlap the range, whole, by their begin."""
    began = {} if selection.until is None else {"from": {"$lt": selection.until}}
    after = {} if selection.since is None else {"$or": [{"to": None}, {"to": {"$gt": selection.since}}]}
    schema = {field.name: arrow_type(field) for field in COVERAGE.fields}
    found = find(database["coverage"], {**selection.of_jobs(), **began, **after}, schema, ("from", "_id"))
    milliseconds = pc.subtract(found["to"].cast(pa.int64()), found["from"].cast(pa.int64()))
    by_column = {name: found[name] for name in found.column_names}
    seconds = pc.divide(milliseconds.cast(pa.float64()), 1000.0)
    return _laid_out({**by_column, "seconds": seconds}, table_schema(COVERAGE_TABLE, columns))


def _laid_out(columns: dict[str, Any], schema: pa.Schema) -> pa.Table:
    return pa.table([columns[name] for name in schema.names], schema=schema)
