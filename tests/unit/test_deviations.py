"""What a field may hold, and how a deviation is told."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Binary, Int64
from bson.datetime_ms import DatetimeMS

from casestream.fields import Field, Type
from operations.described.deviations import Description

NOW = datetime(2026, 11, 20, tzinfo=UTC)
FITS: dict[Type, list[Any]] = {
    Type.STRING: ["", "é"],
    Type.INTEGER: [0, Int64(2**40)],
    Type.DOUBLE: [0.5, 1, Int64(2)],
    Type.BOOLEAN: [True],
    Type.DATE: [NOW],
    Type.BINARY: [b"\xff", Binary(b"\xff", 128)],
    Type.STRINGS: [[], ["a"]],
    Type.OBJECT: [{}, {"anything": 1}],
    Type.OBJECTS: [[], [{"anything": 1}]],
}


def field(kind: Type, **more: Any) -> Field:  # noqa: ANN401 - any of a field's own
    return Field("it", kind, "what it is", "a test", None, **more)


def found(value: object, *fields: Field) -> list[tuple[str, str, str]]:
    return [(each.path, each.found, each.expected) for each in Description(fields).deviations({"it": value})]


@pytest.mark.parametrize("kind", Type)
def test_a_type_takes_what_fits_it_and_nothing_else(kind: Type) -> None:
    assert [value for value in FITS[kind] if found(value, field(kind))] == []
    also = {Type.DOUBLE: FITS[Type.INTEGER], Type.STRINGS: [[]], Type.OBJECTS: [[]]}.get(kind, [])
    also += FITS[Type.DOUBLE][1:] if kind == Type.INTEGER else []
    others = [value for other, values in FITS.items() if other != kind for value in values]
    assert [value for value in others if not found(value, field(kind))] == also
    assert found(None, field(kind))
    assert not found(None, field(kind, null=True))


def test_a_date_that_python_cannot_hold_is_told_as_one() -> None:
    (deviation,) = found(DatetimeMS(10**15), field(Type.DATE))
    assert deviation == ("it", "a date outside of the years 1 to 9999", "date")


def test_what_is_optional_may_be_missing_and_nothing_else() -> None:
    fields = (field(Type.DATE), Field("more", Type.DATE, "", "", None, optional=True))
    assert [(each.path, each.found) for each in Description(fields).deviations({})] == [("it", "nothing")]


def test_a_long_value_is_cut() -> None:
    ((_, shown, expected),) = found("x" * 1_000, field(Type.STRING, values=("a", "b"), null=True))
    assert (shown, expected) == (repr("x" * 40 + "…"), "a or b or null")


def test_a_path_leads_through_arrays_and_objects() -> None:
    inner = field(Type.OBJECT, fields=(field(Type.OBJECTS, fields=(field(Type.STRING),)),))
    value = {"it": [{"it": "fine"}, {"it": 7}, None, {"it": "fine", "more": 1}]}
    assert found(value, inner) == [
        ("it.it.1.it", "integer", "string"),
        ("it.it.2", "null", "object"),
        ("it.it.3.more", "integer", "no field of that name"),
    ]
