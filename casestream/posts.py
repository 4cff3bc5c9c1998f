"""The table `posts`: documents of `micro_batches` laid out flat, in Arrow, without a Python object for each value."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from casestream.connection import Documents
from casestream.reading import find
from casestream.schemas import ORDER, document_schema, table_schema
from casestream.tables import POSTS
from casestream.windows import Window

_IN_ORDER = ("timestamp", "batch")


def read_window(database: Documents, window: Window, columns: Sequence[str]) -> pa.Table:
    """The window's posts by (timestamp, batch, created_at, origin); what was removed since it was listed is not there."""
    documents = find(database["micro_batches"], {"_id": {"$in": window.ids}}, document_schema(columns))
    return in_order(flat(documents), window.is_in_parts).select(list(columns)).cast(table_schema(POSTS, columns))


def flat(documents: pa.Table) -> pa.Table:
    """A row for each post that was read, in the documents' order, with whatever of it was read."""
    content = documents["content"].combine_chunks()
    posts, batch_of_post = pc.list_flatten(content), pc.list_parent_indices(content)
    columns = _by_name(posts)
    columns |= _by_name(columns.pop("metrics")) if "metrics" in columns else {}
    batches = {name: column.take(batch_of_post) for name, column in _envelope(documents).items()}
    return pa.table({**columns, **batches})


def _by_name(values: pa.StructArray) -> dict[str, pa.Array]:
    return {field.name: values.field(field.name) for field in values.type}


def in_order(posts: pa.Table, is_in_parts: bool) -> pa.Table:
    """The rows by (timestamp, batch); a batch's as they were stored, those of several parts by what orders each part."""
    by = (*_IN_ORDER, *ORDER) if is_in_parts else _IN_ORDER
    order = pc.sort_indices(posts, [(name, "ascending") for name in by])
    return posts.take(order)


def _envelope(documents: pa.Table) -> dict[str, pa.ChunkedArray]:
    count = _by_name(documents["case_count"].combine_chunks())
    return {
        "job": documents["job"],
        "batch": pc.replace_substring_regex(documents["_id"], r":\d+$", ""),
        "timestamp": documents["timestamp"],
        "total_case_count": known(documents["total_case_count"]),
        **{f"case_count_{name}": values for name, values in count.items()},
    }


def known(counts: pa.ChunkedArray) -> pa.ChunkedArray:
    """The counts, null where they are -1: not known."""
    return pc.if_else(pc.greater_equal(counts, 0), counts, None)
