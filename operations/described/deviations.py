"""One document against its description: which field differs, what was found there, what was expected."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bson import Binary, Int64
from bson.datetime_ms import DatetimeMS

from casestream.fields import Field, Type

_LONGEST = 40  # characters of a value that is shown
_KINDS: dict[Type, frozenset[type]] = {
    Type.STRING: frozenset({str}),
    Type.INTEGER: frozenset({int, Int64}),
    Type.DOUBLE: frozenset({float, int, Int64}),
    Type.BOOLEAN: frozenset({bool}),
    Type.DATE: frozenset({datetime}),
    Type.BINARY: frozenset({bytes, Binary}),
    Type.STRINGS: frozenset({list}),
    Type.OBJECT: frozenset({dict}),
    Type.OBJECTS: frozenset({list}),
}
_NAMES: dict[type, str] = {
    str: "string",
    int: "integer",
    Int64: "integer",
    float: "double",
    bool: "boolean",
    datetime: "date",
    DatetimeMS: "a date outside of the years 1 to 9999",
    bytes: "binary",
    Binary: "binary",
    list: "array",
    dict: "object",
    type(None): "null",
}


@dataclass(frozen=True)
class Deviation:
    """path: the field's, with places in arrays, `content.3.lang`. is_note: a field more, which harms nobody."""

    path: str
    found: str
    expected: str
    is_note: bool = False

    def below(self, path: str) -> "Deviation":
        """The same, seen from a document that holds this one at the path."""
        return replace(self, path=f"{path}.{self.path}")


class Description:
    """What the fields of a document must be, made ready for millions of documents."""

    def __init__(self, fields: tuple[Field, ...]) -> None:
        self._fields = {field.name: field for field in fields}
        self._required = frozenset(field.name for field in fields if not field.optional)
        self._kinds = {field.name: _kinds(field) for field in fields}
        self._values = {field.name: frozenset(field.values) for field in fields if field.values}
        self._inner = {field.name: Description(field.fields) for field in fields if field.fields}
        strings = (field.name for field in fields if field.type == Type.STRINGS)
        objects = (field.name for field in fields if field.type == Type.OBJECTS)
        self._items = {**dict.fromkeys(strings, str), **dict.fromkeys(objects, dict)}

    def deviations(self, document: Mapping[str, Any]) -> Iterator[Deviation]:
        """Every field that differs, is missing, or is not described."""
        for name, value in document.items():
            kinds = self._kinds.get(name)
            if kinds is None:
                yield Deviation(name, _name(value), "no field of that name", is_note=True)
            elif type(value) not in kinds:
                yield Deviation(name, _name(value), _expected(self._fields[name]))
            elif name in self._items:
                yield from self._of_items(name, value or [])
            elif name in self._inner and value is not None:
                yield from (each.below(name) for each in self._inner[name].deviations(value))
            elif name in self._values and value is not None and value not in self._values[name]:
                yield Deviation(name, _shown(value), _expected(self._fields[name]))
        if not self._required <= document.keys():
            for name in sorted(self._required - document.keys()):
                yield Deviation(name, "nothing", _expected(self._fields[name]))

    def _of_items(self, name: str, items: list[Any]) -> Iterator[Deviation]:
        kind, inner = self._items[name], self._inner.get(name)
        for place, item in enumerate(items):
            if type(item) is not kind:
                yield Deviation(f"{name}.{place}", _name(item), _NAMES[kind])
            elif name in self._values and item not in self._values[name]:
                yield Deviation(f"{name}.{place}", _shown(item), _one_of(self._fields[name].values))
            elif inner is not None:
                for deviation in inner.deviations(item):
                    yield deviation.below(f"{name}.{place}")


def _kinds(field: Field) -> frozenset[type]:
    return _KINDS[field.type] | ({type(None)} if field.null else frozenset())


def _expected(field: Field) -> str:
    what = _one_of(field.values) if field.values and field.type != Type.STRINGS else str(field.type)
    return f"{what} or null" if field.null else what


def _one_of(values: tuple[str, ...]) -> str:
    return ", ".join(values[:-1]) + f" or {values[-1]}"


def _name(value: object) -> str:
    return _NAMES.get(type(value), type(value).__name__)


def _shown(value: str) -> str:
    return repr(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…")
