"""How the dashboard says numbers, ages and ranges."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard import words
from dashboard.choice import RANGES, Choice
from dashboard.queries.batches import MOST_TIMES, step_seconds

NOW = datetime(2026, 11, 22, 19, 36, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 seconds"),
        (0.2, "0 seconds"),
        (1, "1 second"),
        (61, "1 minute 1 second"),
        (7_200, "2 hours"),
        (90_000, "1 day 1 hour"),
        (365.25 * 86_400 * 1.6, "1 year 7 months"),
    ],
)
def test_an_age_is_said_by_its_two_largest_units(seconds: float, said: str) -> None:
    assert words.duration(timedelta(seconds=seconds)) == said


def test_the_count_s_age_is_in_years_and_months() -> None:
    assert words.ago(datetime(2024, 4, 13, 1, tzinfo=UTC), NOW) == "2 years 7 months ago"
    assert words.day(datetime(2024, 4, 13, 1, tzinfo=UTC)) == "13 April 2024"


def test_numbers_have_separators_and_what_is_not_known_a_dash() -> None:
    assert (words.number(704_753_890), words.number(None)) == ("704,753,890", "–")
    assert [words.seconds(value) for value in (2.94, 75, 7_500, None)] == ["2.9 s", "1 min 15 s", "2 h 5 min", "–"]


@pytest.mark.parametrize("name", RANGES)
def test_all_who_ask_in_the_same_turn_ask_for_the_same(name: str) -> None:
    choice = Choice("covid", name)
    last = NOW + timedelta(seconds=choice.refresh_seconds - 0.001)
    assert choice.asked(NOW) == choice.asked(NOW.replace(microsecond=1))
    begin = datetime.fromtimestamp(choice.turn(last) * choice.refresh_seconds, UTC)
    assert choice.asked(begin) == choice.asked(begin + timedelta(seconds=choice.refresh_seconds - 0.001))
    if length := RANGES[name]:
        assert choice.asked(begin).since == begin - length


@pytest.mark.parametrize("days", [0.01, 0.5, 1, 7, 90, 365, 4_000])
def test_a_long_range_is_divided_into_few_times(days: float) -> None:
    span = timedelta(days=days)
    assert span / timedelta(seconds=step_seconds(span)) <= MOST_TIMES
