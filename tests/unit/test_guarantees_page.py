"""docs/guarantees.md names tests that are there."""

from pathlib import Path

from tests.unit.named_tests import is_there, named

PAGE = (Path(__file__).parents[2] / "docs/guarantees.md").read_text()


def test_every_promise_names_a_test_that_is_there_with_the_mark_that_it_has() -> None:
    found = named(PAGE)
    assert len(found) > 30
    assert [each for each in found if not is_there(each)] == []
