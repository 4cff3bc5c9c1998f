"""Types of Arrow, out of `stored` and `tables`: what a document is read as, and what a table has."""

from collections.abc import Collection as Some
from collections.abc import Sequence

import pyarrow as pa

from casestream.fields import Collection, Field, Type
from casestream.layout import ENVELOPE, ORDER, fields_of_posts

TIME = pa.timestamp("ms", tz="UTC")
_TYPES = {
    Type.STRING: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.DOUBLE: pa.float64(),
    Type.BOOLEAN: pa.bool_(),
    Type.DATE: TIME,
    Type.STRINGS: pa.list_(pa.string()),
}


def arrow_type(field: Field) -> pa.DataType:
    """The type of the field's values. Raises KeyError where the loader reads none of its type."""
    if field.type is Type.OBJECT:
        return pa.struct([(each.name, arrow_type(each)) for each in field.fields])
    return _TYPES[field.type]


def table_schema(table: Collection, columns: Sequence[str]) -> pa.Schema:
    """The schema of those columns of a table, each of which may be null. Raises KeyError for one that it has not."""
    return pa.schema([(field.name, arrow_type(field)) for field in table.some(columns)])


def document_schema(columns: Some[str]) -> dict[str, pa.DataType]:
    """What is read of a document of `micro_batches` for those columns of the table `posts`, in pymongoarrow's form.

    What posts are ordered by is always read.
    """
    content = pa.struct([(field.name, arrow_type(field)) for field in fields_of_posts(columns, also=ORDER)])
    return {**{field.name: arrow_type(field) for field in ENVELOPE}, "content": pa.list_(content)}
