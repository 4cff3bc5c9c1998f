"""Ranges of whole numbers: what is covered, what twice, and the holes."""

from hypothesis import given
from hypothesis import strategies as st

from operations.integrity.ranges import Ranges

PAIRS = st.tuples(st.integers(-20, 60), st.integers(0, 15))
SPANS = st.lists(PAIRS.map(lambda pair: (pair[0], sum(pair))), max_size=12)


@given(SPANS)
def test_holes_and_overlaps_are_those_of_a_set_of_numbers(spans: list[tuple[int, int]]) -> None:
    ranges, numbers = Ranges(), set[int]()
    for begin, end in spans:
        twice = {number for since, until in ranges.add(begin, end) for number in range(since, until)}
        assert twice == numbers.intersection(range(begin, end))
        numbers.update(range(begin, end))
    if numbers:
        assert (ranges.begin, ranges.end) == (min(numbers), max(numbers) + 1)
        held = {number for begin, end in ranges.holes() for number in range(begin, end)}
        assert held == set(range(min(numbers), max(numbers))) - numbers
    else:
        assert ranges.holes() == []


def test_a_million_batches_in_order_are_one_range() -> None:
    ranges = Ranges()
    for number in range(1_000_000):
        assert ranges.add(number, number + 1) == []
    assert (ranges.begin, ranges.end, ranges.holes()) == (0, 1_000_000, [])
