"""What the data dictionary says of the fields is what the code says."""

from datetime import datetime
from itertools import chain

import pytest

from casestream import tables
from casestream.fields import Collection, Field, Type
from casestream.stored import COLLECTIONS
from casestream.tables import TABLES, VIEWS
from docs.make_data import PAGE, flat, page
from ledger.views import VIEWS as MADE

EXAMPLES: dict[Type, type | tuple[type, ...]] = {
    Type.STRING: str,
    Type.INTEGER: int,
    Type.DOUBLE: float,
    Type.BOOLEAN: bool,
    Type.DATE: str,
    Type.BINARY: str,
    Type.STRINGS: list,
    Type.OBJECT: dict,
    Type.OBJECTS: list,
}
EVERY = {f"{each.name}, {each.about}": each for each in chain(COLLECTIONS, VIEWS, TABLES)}


def test_the_page_of_fields_is_the_one_that_the_code_makes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m docs.make_data"


def test_every_view_and_every_table_is_on_the_page() -> None:
    assert {each.name for each in VIEWS} == MADE.keys()
    defined = [each for each in vars(tables).values() if isinstance(each, Collection)]
    assert [each.about for each in defined if each not in (*VIEWS, *TABLES, *COLLECTIONS)] == []


@pytest.mark.parametrize("name", EVERY)
def test_each_field_is_told_whole_and_its_example_is_one_that_it_may_hold(name: str) -> None:
    collection: Collection = EVERY[name]
    for path, field in flat(collection.fields):
        assert field.about, path
        assert field.source, path
        assert fits(field), f"{path}: {field.example}"


def fits(field: Field) -> bool:
    if field.example is None:
        return field.null
    if field.type == Type.DATE:
        return datetime.fromisoformat(field.example).tzinfo is not None
    given = set(field.example) if field.type == Type.STRINGS else {str(field.example)}
    return isinstance(field.example, EXAMPLES[field.type]) and (not field.values or given <= set(field.values))
