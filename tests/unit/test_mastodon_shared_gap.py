"""Several connections, one coverage: the feed is heard while all of them are."""

from datetime import datetime

from receivers.mastodon_api.shared_gap import SharedGap
from tests.told_clock import ToldClock


class Coverage:
    """The gap that is open, and those that were closed: from, to, seconds repeated; in the clock's seconds."""

    def __init__(self, clock: ToldClock) -> None:
        self._clock = clock
        self.open: tuple[float, str] | None = None
        self.closed: list[tuple[float, float, float]] = []

    def open_gap(self, cause: str, since: datetime | None = None) -> None:
        if self.open is None:
            self.open = ((since or self._clock.now()) - self._clock.at(0)).total_seconds(), cause

    def close_gap(self, backfilled_seconds: float = 0, at: datetime | None = None) -> None:
        if self.open is not None:
            until = ((at or self._clock.now()) - self._clock.at(0)).total_seconds()
            self.closed.append((self.open[0], until, min(backfilled_seconds, until - self.open[0])))
            self.open = None

    def gap_seconds(self) -> float:
        return self._clock.seconds - self.open[0] if self.open else 0


def made(*names: str) -> tuple[list[SharedGap], Coverage, ToldClock]:
    clock = ToldClock()
    coverage = Coverage(clock)
    return [SharedGap(coverage, list(names), clock)], coverage, clock


def test_a_gap_of_one_connection_is_the_feed_s() -> None:
    (gap,), coverage, clock = made("public")
    (one,) = gap.members()
    one.close_gap()
    clock.seconds = 10
    one.open_gap("broke", clock.at(8))
    assert coverage.open == (8, "broke")
    clock.seconds = 20
    assert one.gap_seconds() == 12
    one.close_gap(12)
    assert coverage.closed == [(8, 20, 12)]
    assert one.gap_seconds() == 0


def test_the_feed_is_heard_again_when_the_last_connection_is_there() -> None:
    (gap,), coverage, clock = made("#a", "#b")
    a, b = gap.members()
    for member in (a, b):
        member.close_gap()
    clock.seconds = 10
    a.open_gap("broke")
    assert coverage.open == (10, "#a: broke")
    clock.seconds = 12
    b.open_gap("broke")
    clock.seconds = 15
    a.close_gap(5)
    assert coverage.closed == []
    clock.seconds = 20
    b.close_gap(8)
    assert coverage.closed == [(10, 20, 10)]


def test_only_what_was_lost_to_none_of_them_counts_as_repeated() -> None:
    (gap,), coverage, clock = made("#a", "#b")
    a, b = gap.members()
    for member in (a, b):
        member.close_gap()
    clock.seconds = 10
    a.open_gap("broke")
    b.open_gap("broke")
    clock.seconds = 16
    a.close_gap(2)
    clock.seconds = 20
    b.close_gap(10)
    assert coverage.closed == [(10, 20, 6)]
    a.open_gap("broke")
    b.open_gap("broke")
    clock.seconds = 30
    a.close_gap(10)
    b.close_gap(0)
    assert coverage.closed[1:] == [(20, 30, 0)]


def test_what_a_former_run_left_open_ends_when_all_are_there() -> None:
    (gap,), coverage, clock = made("#a", "#b")
    coverage.open_gap("the job died", clock.at(-50))
    a, b = gap.members()
    clock.seconds = 10
    assert a.gap_seconds() == 60
    a.close_gap()
    assert coverage.closed == []
    b.open_gap("refused")
    b.close_gap()
    assert coverage.closed == [(-50, 10, 0)]
