"""Gaps begin with the last sign of life, and end where something was heard again."""

from datetime import datetime
from typing import Any

from receivers.attention import Attention
from tests.told_clock import ToldClock


class Coverage:
    """Every call, with its times in the clock's seconds."""

    def __init__(self, clock: ToldClock) -> None:
        self._clock = clock
        self.calls: list[Any] = []

    def open_gap(self, cause: str, since: datetime | None = None) -> None:
        self.calls.append((cause, self._seconds(since)))

    def close_gap(self, backfilled_seconds: float = 0, at: datetime | None = None) -> None:
        self.calls.append((backfilled_seconds, self._seconds(at)))

    def lose_until(self, at: datetime) -> None:
        self.calls.append(("lost", self._seconds(at)))

    def gap_seconds(self) -> float:
        return 0

    def _seconds(self, moment: datetime | None) -> float | None:
        return None if moment is None else (moment - self._clock.at(0)).total_seconds()


def made() -> tuple[Attention, Coverage, ToldClock]:
    clock = ToldClock()
    coverage = Coverage(clock)
    return Attention(coverage, clock), coverage, clock


def test_a_silence_counts_from_its_beginning() -> None:
    attention, coverage, clock = made()
    clock.seconds = 5
    attention.connected(0)
    clock.seconds = 30
    attention.alive()
    clock.seconds = 51
    assert attention.lost("silent") == 25
    assert coverage.calls == [(0, 5), ("silent", 30)]


def test_a_connection_that_brought_nothing_closes_no_gap_and_keeps_its_backfill_for_the_next() -> None:
    attention, coverage, clock = made()
    attention.connected(4)
    assert attention.lost("closed") == 0
    clock.seconds = 60
    attention.connected(5)
    clock.seconds = 70
    attention.alive()
    assert coverage.calls == [("closed", 0), (300, 60)]


def test_without_a_connection_the_gap_begins_now() -> None:
    attention, coverage, _ = made()
    attention.lost("nobody answers")
    assert coverage.calls == [("nobody answers", None)]


def without_room() -> tuple[Attention, Coverage, ToldClock]:
    """A minute has passed in which nothing was read."""
    attention, coverage, clock = made()
    attention.connected(0)
    attention.alive()
    began = clock.now()
    clock.seconds = 60
    attention.read_again(began)
    return attention, coverage, clock


def test_a_time_without_room_in_the_spool_counts_as_not_heard_if_the_connection_ends_soon() -> None:
    attention, coverage, _ = without_room()
    attention.alive()  # what was sent before the connection ended, maybe
    attention.lost("closed")
    assert coverage.calls == [(0, 0), ("closed", 0)]


def test_a_time_without_room_that_the_connection_survived_is_no_gap() -> None:
    attention, coverage, clock = without_room()
    clock.seconds = 95
    attention.alive()
    attention.lost("closed")
    assert coverage.calls[-1] == ("closed", 95)
