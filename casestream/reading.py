"""pymongoarrow, as the loader uses it."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from pymongo import ASCENDING
from pymongo.collection import Collection

from casestream.errors import Unreadable

with warnings.catch_warnings():
    # Its wheel is built with another version of pyarrow's headers than the one it asks for: Arrow's classes have grown
    # since, which Cython tells of and which harms none of its uses.
    warnings.filterwarnings("ignore", r"pyarrow\.lib\.\w+ size changed", RuntimeWarning)
    import pymongoarrow.lib  # noqa: F401  (where it warns)
    from pymongoarrow.api import Schema, aggregate_arrow_all, find_arrow_all

Stored = Collection[dict[str, Any]]


def find(
    collection: Stored, chosen: Mapping[str, Any], schema: Mapping[str, pa.DataType], sort: Sequence[str] = ()
) -> pa.Table:
    """The documents that the filter finds, of each only what the schema names; a field that is missing is null.

    sort: fields, ascending.

    Raises Unreadable where a field is of another type, and pymongo's errors.
    """
    try:
        return find_arrow_all(collection, dict(chosen), schema=Schema(dict(schema)), sort=[(name, ASCENDING) for name in sort])
    except (TypeError, ValueError) as error:
        raise _unreadable(collection, error) from error


def aggregate(collection: Stored, pipeline: Sequence[Mapping[str, Any]], schema: Mapping[str, pa.DataType]) -> pa.Table:
    """What the pipeline makes, as `find`."""
    try:
        return aggregate_arrow_all(collection, list(pipeline), schema=Schema(dict(schema)))
    except (TypeError, ValueError) as error:
        raise _unreadable(collection, error) from error


def _unreadable(collection: Stored, error: Exception) -> Unreadable:
    return Unreadable(
        f"{collection.full_name} holds what no job stores: {error}. Ask whoever runs the job for `manage.py verify`."
    )
