"""pymongoarrow, as the loader uses it (https://www.mongodb.com/docs/languages/python/pymongo-arrow-driver/current/)."""

import warnings
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from pymongo.collection import Collection

from casestream.errors import Unreadable

with warnings.catch_warnings():
    # Cython tells, forty times, that Arrow's classes are larger than the wheel was built for. That harms who
    # derives classes from them, which pymongoarrow does not.
    warnings.filterwarnings("ignore", r"pyarrow\.lib\.\w+ size changed", RuntimeWarning)
    import pymongoarrow.lib  # noqa: F401  (where it warns)
    from pymongoarrow.api import Schema, find_arrow_all

Stored = Collection[dict[str, Any]]


def find(
    collection: Stored, chosen: Mapping[str, Any], schema: Mapping[str, pa.DataType], *, is_whole: bool = False
) -> pa.Table:
    """The documents that the filter finds; a field of the schema that one lacks is null in it.

    is_whole: whether the schema has about all that a document holds, so that the server need not pick it out. Raises
    Unreadable where a field is of another type, and pymongo's errors.
    """
    picked: dict[str, Any] = {"projection": None} if is_whole else {}
    try:
        return find_arrow_all(collection, dict(chosen), schema=Schema(dict(schema)), **picked)
    except (TypeError, ValueError) as error:
        raise Unreadable(
            f"{collection.full_name} holds what no job stores: {error}. "
            "Have it looked at by `manage.py verify`, or leave out the column in question."
        ) from error
