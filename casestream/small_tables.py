"""The tables `batches`, `counts` and `coverage`: read at once, and sorted here, where no index is needed for it.

columns: names of those of the table's `tables.…_TABLE`. Each raises what `reading.find` raises.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from casestream.connection import Documents
from casestream.posts import flat_count
from casestream.reading import find
from casestream.schemas import arrow_type, table_schema
from casestream.selection import Selection
from casestream.stored import BATCHES, COVERAGE
from casestream.tables import BATCH_TABLE, COUNT_TABLE, COVERAGE_TABLE

_NEEDED = ("_id", "timestamp", "total_case_count", "case_count")
_READING = ("total_case_count", "case_count_provider", "case_count_as_of", "case_count_fetched_at")
_BETWEEN_FLAGS = ","


def batches(database: Documents, selection: Selection, columns: Sequence[str]) -> pa.Table:
    """`BATCH_TABLE`: the committed batches by (timestamp, batch), those without posts too."""
    schema = {field.name: arrow_type(field) for field in BATCHES.fields if field.name in (*_NEEDED, *columns)}
    found = flat_count(find(database["batches"], selection.of_batches(), schema))
    in_order = found.append_column("batch", found["_id"]).sort_by([("timestamp", "ascending"), ("batch", "ascending")])
    return in_order.select(list(columns)).cast(table_schema(BATCH_TABLE, columns))


def counts(database: Documents, selection: Selection, columns: Sequence[str]) -> pa.Table:
    """`COUNT_TABLE`: each reading of the case count that a committed batch was joined with, by the first such batch."""
    found = batches(database, selection, ("timestamp", *_READING, "case_count_status", "case_count_flags"))
    flags = pc.binary_join(found["case_count_flags"].combine_chunks(), _BETWEEN_FLAGS)  # lists cannot be grouped
    found = found.drop_columns(["case_count_flags"]).append_column("case_count_flags", flags)
    status = found["case_count_status"]
    unknown = pc.if_else(pc.is_null(found["total_case_count"]), status, None)
    readings = found.append_column("unknown", unknown).group_by([*_READING, "unknown"], use_threads=False)
    of_batches: list[Any] = [
        ("case_count_status", "first"),
        ("case_count_flags", "last", pc.ScalarAggregateOptions(skip_nulls=False)),
        ("timestamp", "min"),
        ("timestamp", "max"),
        ([], "count_all"),
    ]
    table = readings.aggregate(of_batches).drop_columns(["unknown"])
    names = {name: name.removeprefix("case_count_") for name in _READING}
    new = {"case_count_status_first": "status", "timestamp_min": "first_batch", "timestamp_max": "last_batch"}
    named = table.rename_columns({**names, **new, "case_count_flags_last": "flags", "count_all": "batches"})
    named = named.set_column(named.column_names.index("flags"), "flags", _split(named["flags"]))
    return named.sort_by("first_batch").select(list(columns)).cast(table_schema(COUNT_TABLE, columns))


def _split(flags: pa.ChunkedArray) -> pa.ChunkedArray:
    """Lists again; of an empty text, which splits into one empty text, an empty one."""
    empty = pa.scalar([], pa.list_(pa.string()))
    return pc.if_else(pc.equal(flags, ""), empty, pc.split_pattern(flags, _BETWEEN_FLAGS))


def gaps(database: Documents, selection: Selection, columns: Sequence[str]) -> pa.Table:
    """`COVERAGE_TABLE`: the gaps that overlap the range, whole, by (from, job)."""
    before = {} if selection.until is None else {"from": {"$lt": selection.until}}
    after = {} if selection.since is None else {"$or": [{"to": None}, {"to": {"$gt": selection.since}}]}
    schema = {field.name: arrow_type(field) for field in COVERAGE.fields}
    found = find(database["coverage"], {**selection.of_jobs(), **before, **after}, schema)
    milliseconds = pc.subtract(found["to"].cast(pa.int64()), found["from"].cast(pa.int64()))
    with_seconds = found.append_column("seconds", pc.divide(milliseconds.cast(pa.float64()), 1000.0))
    in_order = with_seconds.sort_by([("from", "ascending"), ("job", "ascending")])
    return in_order.select(list(columns)).cast(table_schema(COVERAGE_TABLE, columns))
