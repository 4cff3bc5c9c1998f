"""What a field is: its name, type, unit, whether it may be null, who sets it, an example.

`stored` describes the collections by it, `tables` what the views and the loader make of them. The validators of
MongoDB, the columns' types in Arrow and Spark, and docs/data.md are made from these.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Type(StrEnum):
    """The types of BSON (https://bsonspec.org/spec.html) that are stored, by what a reader has to know of them."""

    STRING = "string"
    INTEGER = "integer"
    """64 bits; what fits into 32 may be stored as 32."""
    DOUBLE = "double"
    BOOLEAN = "boolean"
    DATE = "date"
    """UTC, milliseconds."""
    BINARY = "binary"
    STRINGS = "array of strings"
    OBJECT = "object"
    OBJECTS = "array of objects"


@dataclass(frozen=True)
class Field:
    """One field.

    about: a phrase. unit: of a number or a date, or what a string is written in. source: who sets it. example: a value
    as JSON would have it. null: whether it may be null. optional: whether it may be missing. fields: those of an
    object, or of each object of an array; none where its names are not fixed. values: all that it may be, or that each
    string of an array may be; none where it is free.
    """

    name: str
    type: Type
    about: str
    source: str
    example: Any
    unit: str = ""
    null: bool = False
    optional: bool = False
    fields: tuple["Field", ...] = ()
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Collection:
    """A collection, a view, or a table of the loader: its name, what one document or row of it is, and its fields."""

    name: str
    about: str
    fields: tuple[Field, ...]

    def names(self) -> tuple[str, ...]:
        """The fields' names, in their order."""
        return tuple(field.name for field in self.fields)

    def some(self, names: Sequence[str]) -> tuple[Field, ...]:
        """The fields of these names, in the order of the names. Raises KeyError with a name that it does not have."""
        by_name = {field.name: field for field in self.fields}
        return tuple(by_name[name] for name in names)
