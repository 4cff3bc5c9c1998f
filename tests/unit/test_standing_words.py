"""Numbers as `manage.py status` says them."""

import pytest

from operations.standing.words import number


@pytest.mark.parametrize(
    ("value", "said"), [(None, "–"), (0, "0"), (0.04, "<0.1"), (0.05, "0.1"), (6.34, "6.3"), (1234.5, "1,234")]
)
def test_a_little_is_not_said_to_be_nothing(value: float | None, said: str) -> None:
    assert number(value) == said


def test_where_the_counting_ended_there_may_be_more() -> None:
    assert (number(9, 10), number(10, 10)) == ("9", "10+")
