"""Values as text: times and lists for formats that have no type for them."""

import json

import pyarrow as pa
import pyarrow.compute as pc

_ISO_8601 = "%Y-%m-%dT%H:%M:%SZ"  # pyarrow's %S has the milliseconds


def json_text(value: object) -> str:
    """JSON on one line, without a blank, every character as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def with_times_as_text(posts: pa.Table) -> pa.Table:
    """Times as 2026-11-22T19:36:18.000Z, dictionaries as what they stand for."""
    return pa.table({name: _plain(posts[name]) for name in posts.column_names})


def with_lists_as_json(posts: pa.Table) -> pa.Table:
    """Lists as JSON: ["covid19","who"]."""
    return pa.table({name: _listed(posts[name]) for name in posts.column_names})


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return pc.strftime(column, format=_ISO_8601) if pa.types.is_timestamp(column.type) else column


def _listed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_list(column.type):
        return column
    texts = (None if items is None else json_text(items) for items in column.to_pylist())
    return pa.chunked_array([pa.array(texts, pa.string())])
