"""What a pace promises, on a clock that is told the time."""

from collections.abc import Iterator
from itertools import islice, pairwise, takewhile
from random import Random

import pytest

from operations.feed_player import play
from operations.feed_progress import Progress
from operations.pace import FORGIVEN_SECONDS, TIDE_SECONDS, Pace, even, uneven


class ToldClock:
    """Time passes only where a test, or a wait, says so."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        self.time += seconds


class Heard:
    """An outlet that keeps what it was sent, and when."""

    def __init__(self, clock: ToldClock) -> None:
        self._clock = clock
        self.sends: list[tuple[float, list[bytes]]] = []

    def send(self, events: list[bytes]) -> None:
        self.sends.append((self._clock.now(), list(events)))


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


def delays(pace: Pace, clock: ToldClock, events: int) -> Iterator[float]:
    for _ in range(events):
        delay = pace.delay()
        clock.wait(delay)
        yield delay


def arrivals_within(seconds: float, rate: float, seed: int) -> list[float]:
    return list(takewhile(lambda moment: moment < seconds, uneven(rate, Random(seed))))


def test_an_even_pace_has_the_same_distance_between_all_events(clock: ToldClock) -> None:
    assert list(delays(Pace(even(4), clock), clock, 5)) == [0, 0.25, 0.25, 0.25, 0.25]


def test_rate_zero_never_waits(clock: ToldClock) -> None:
    assert set(delays(Pace(even(0), clock), clock, 100)) == {0}


def test_the_time_begins_with_the_first_event(clock: ToldClock) -> None:
    pace = Pace(even(1), clock)
    clock.wait(100)
    assert list(delays(pace, clock, 2)) == [0, 1]


def test_a_small_lateness_is_caught_up(clock: ToldClock) -> None:
    pace = Pace(even(10), clock)
    pace.delay()
    clock.wait(FORGIVEN_SECONDS)
    assert list(delays(pace, clock, 3)) == [0, 0, pytest.approx(0.3 - FORGIVEN_SECONDS)]


def test_a_player_that_was_held_up_goes_on_without_a_burst(clock: ToldClock) -> None:
    pace = Pace(even(10), clock)
    pace.delay()
    clock.wait(3600)
    assert list(delays(pace, clock, 3)) == [0, pytest.approx(0.1), pytest.approx(0.1)]


def test_an_uneven_pace_keeps_the_mean_rate_over_whole_tides() -> None:
    tides = 20
    arrivals = arrivals_within(tides * TIDE_SECONDS, rate=10, seed=1)
    expected = tides * TIDE_SECONDS * 10
    assert len(arrivals) == pytest.approx(expected, abs=4 * expected**0.5)


def test_an_uneven_pace_has_more_events_at_high_tide_than_at_low() -> None:
    arrivals = arrivals_within(TIDE_SECONDS, rate=10, seed=1)
    high = sum(moment < TIDE_SECONDS / 2 for moment in arrivals)
    assert high > 1.5 * (len(arrivals) - high)


def test_an_uneven_pace_has_short_and_long_gaps() -> None:
    arrivals = list(islice(uneven(1, Random(1)), 500))
    gaps = [later - earlier for earlier, later in pairwise(arrivals)]
    assert min(gaps) < 0.1
    assert max(gaps) > 3


def test_the_same_seed_gives_the_same_arrivals() -> None:
    assert list(islice(uneven(5, Random(7)), 50)) == list(islice(uneven(5, Random(7)), 50))


def test_every_event_is_sent_when_it_is_due(clock: ToldClock) -> None:
    heard = Heard(clock)
    play([[b"1", b"2"], [b"3"]], Pace(even(2), clock), clock, heard, Progress(clock, logs=False))
    assert heard.sends == [(1000, [b"1"]), (1000.5, [b"2"]), (1001, [b"3"])]


def test_events_that_are_due_together_are_sent_together(clock: ToldClock) -> None:
    heard = Heard(clock)
    play([[b"1", b"2", b"3"]], Pace(even(0), clock), clock, heard, Progress(clock, logs=False))
    assert heard.sends == [(1000, [b"1", b"2", b"3"])]


def test_progress_tells_the_total_and_the_rate_of_the_last_seconds(clock: ToldClock) -> None:
    progress = Progress(clock, logs=False)
    for _ in range(20):
        clock.wait(1)
        progress.sent(30)
    assert str(progress) == "sent=600 rate=30.0/s"


def test_the_rate_falls_to_zero_when_nothing_is_sent_any_more(clock: ToldClock) -> None:
    progress = Progress(clock, logs=False)
    clock.wait(1)
    progress.sent(30)
    clock.wait(60)
    assert progress.rate == 0
