"""The table `posts`: documents of `micro_batches` laid out flat, in Arrow, without a Python object for each value."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from casestream.connection import Documents
from casestream.layout import ORDER, fields_of_posts
from casestream.reading import find
from casestream.recurring_fields import POST
from casestream.schemas import document_schema, table_schema
from casestream.tables import POSTS
from casestream.windows import Window

_BY_BATCH = ("timestamp", "batch")


def read_window(database: Documents, window: Window, columns: Sequence[str]) -> pa.Table:
    """The window's posts by (timestamp, batch, created_at, origin); what was removed since it was listed is not there.

    A batch's posts stand in its document in that order, and are sorted only where they come in several parts. columns:
    of `tables.POSTS`. Raises what `reading.find` raises.
    """
    is_whole = len(fields_of_posts(columns)) == len(POST)
    chosen = {"_id": {"$in": window.ids}}
    found = find(database["micro_batches"], chosen, document_schema(columns), is_whole=is_whole)
    posts = flat(in_order(with_batch(found), _BY_BATCH))
    if window.is_in_parts:
        posts = in_order(posts, (*_BY_BATCH, *ORDER))
    return posts.select(list(columns)).cast(table_schema(POSTS, columns))


def with_batch(documents: pa.Table) -> pa.Table:
    """The documents with the `_id` of their batch, as the column `batch`, in the place of their own."""
    batch = pc.replace_substring_regex(documents["_id"], r":\d+$", "")
    return documents.drop_columns(["_id"]).append_column("batch", batch)


def flat(documents: pa.Table) -> pa.Table:
    """A row for each post, in the order in which they are stored, with whatever was read of it and of its batch.

    documents: with `content`, `case_count` and `total_case_count`; the last two come out as of `flat_count`, and the
    fields of a post's `metrics` as columns.
    """
    content = documents["content"].combine_chunks()
    posts, document_of_post = by_name(content.flatten()), content.value_parent_indices()
    of_posts = {**posts, **(by_name(posts.pop("metrics")) if "metrics" in posts else {})}
    of_batches = flat_count(documents.drop_columns(["content"]))
    return pa.table({**of_posts, **{name: of_batches[name].take(document_of_post) for name in of_batches.column_names}})


def flat_count(table: pa.Table) -> pa.Table:
    """The table with `case_count` as columns `case_count_…`, and `total_case_count` null where it is -1: not known."""
    count = by_name(table["case_count"].combine_chunks())
    total = table["total_case_count"]
    columns = {name: table[name] for name in table.column_names if name != "case_count"}
    known = {"total_case_count": pc.if_else(pc.greater_equal(total, 0), total, None)}
    return pa.table({**columns, **known, **{f"case_count_{name}": values for name, values in count.items()}})


def by_name(values: pa.StructArray) -> dict[str, pa.Array]:
    """The fields of the objects, each as an array."""
    return {field.name: values.field(field.name) for field in values.type}


def in_order(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """The rows by these columns, equal ones as they were; not copied where they are in order already."""
    order = pc.sort_indices(table, [(name, "ascending") for name in names])
    is_in_order = pc.all(pc.equal(order, pa.array(range(len(order)), order.type))).as_py()
    return table if is_in_order else table.take(order)
