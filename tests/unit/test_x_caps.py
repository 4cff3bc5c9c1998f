"""What a day and a month may cost is not passed, and a person hears of it in time."""

import logging
from collections import Counter
from datetime import UTC, date, datetime

import pytest

from receivers.x_api.caps import Caps
from tests.told_clock import ToldClock

TODAY = date(2026, 1, 2)


class Counted:
    """Usage by day."""

    def __init__(self, **days: int) -> None:
        self.days = Counter({date(2026, 1, int(day.lstrip("d"))): posts for day, posts in days.items()})

    def add(self, posts: int) -> None:
        self.days[TODAY] += posts

    def posts(self, since: date) -> int:
        return sum(posts for day, posts in self.days.items() if day >= since)


def test_without_caps_nothing_closes() -> None:
    caps = Caps(None, None, usage := Counted(), ToldClock())
    caps.count(10**9)
    assert caps.closed() is None
    assert usage.days[TODAY] == 10**9


def test_at_the_daily_cap_the_stream_closes_until_midnight_utc() -> None:
    caps = Caps(5, None, Counted(d1=100), ToldClock())
    caps.count(4)
    assert caps.closed() is None
    caps.count(1)
    closed = caps.closed()
    assert closed is not None
    assert closed.until == datetime(2026, 1, 3, tzinfo=UTC)
    assert closed.why == "5 posts of this day's 5 are used up (TWITTER_DAILY_POSTS)"


def test_the_monthly_cap_counts_the_days_before_and_lasts_until_the_first() -> None:
    caps = Caps(50, 60, Counted(d1=59), ToldClock())
    assert caps.closed() is None
    caps.count(1)
    closed = caps.closed()
    assert closed is not None
    assert closed.until == datetime(2026, 2, 1, tzinfo=UTC)
    assert "TWITTER_MONTHLY_POSTS" in closed.why


def test_the_next_day_opens_the_stream_again() -> None:
    clock = ToldClock()
    caps = Caps(1, None, Counted(d2=1), clock)
    assert caps.closed() is not None
    clock.seconds = 86_400
    assert caps.closed() is None


def test_a_warning_comes_once_when_four_fifths_are_used(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    caps = Caps(10, 1_000, Counted(), ToldClock())
    for _ in range(7):
        caps.count(1)
    assert caplog.messages == []
    caps.count(1)
    caps.count(1)
    assert caplog.messages == ["posts are running out period=day used=8 cap=10 until=2026-01-03T00:00:00+00:00"]


def test_what_the_spool_had_already_is_not_counted() -> None:
    caps = Caps(1, None, usage := Counted(), ToldClock())
    caps.count(0)
    assert usage.days == Counter()
