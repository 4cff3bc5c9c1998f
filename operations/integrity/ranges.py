"""Whole numbers that were covered: batch ids of a query, offsets of a Kafka partition."""

from bisect import bisect_left, bisect_right

Range = tuple[int, int]
"""From, until (exclusive)."""


class Ranges:
    """A set of whole numbers as ranges, joined where they touch: its size is that of the holes, not of the numbers."""

    def __init__(self) -> None:
        self._from: list[int] = []
        self._until: list[int] = []

    def add(self, begin: int, end: int) -> list[Range]:
        """Cover begin to end (exclusive); the parts of it that were covered before."""
        if begin >= end:
            return []
        first = bisect_left(self._until, begin)
        last = bisect_right(self._from, end)
        touched = list(zip(self._from[first:last], self._until[first:last], strict=True))
        self._from[first:last] = [min([begin, *(each[0] for each in touched)])]
        self._until[first:last] = [max([end, *(each[1] for each in touched)])]
        both = [(max(begin, since), min(end, until)) for since, until in touched]
        return [(since, until) for since, until in both if since < until]

    def holes(self) -> list[Range]:
        """What is not covered between the first number and the last."""
        return list(zip(self._until[:-1], self._from[1:], strict=True))

    @property
    def begin(self) -> int:
        """The first number. Raises IndexError where nothing is covered."""
        return self._from[0]

    @property
    def end(self) -> int:
        """Behind the last number. Raises IndexError where nothing is covered."""
        return self._until[-1]
