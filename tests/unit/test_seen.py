"""What was heard is remembered for a while, and no longer."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spool.seen import Seen, digest


@given(st.lists(st.text(st.characters(), max_size=512), unique=True, max_size=50))
def test_different_keys_have_different_digests_of_128_bits(keys: list[str]) -> None:
    digests = {digest(key) for key in keys}
    assert len(digests) == len(keys)
    assert all(0 <= each < 1 << 128 for each in digests)


@pytest.mark.parametrize(("first", "second"), [("7", "007"), ("7", "٧"), ("a", "A"), ("", " "), ("\ud800", "?")])
def test_keys_that_look_alike_are_not_alike(first: str, second: str) -> None:
    assert digest(first) != digest(second)


def test_a_key_is_known_until_the_time_is_over() -> None:
    seen = Seen(2.5)
    seen.add(1, 1000)
    seen.forget(3499)
    assert 1 in seen
    assert seen.oldest == 1000
    seen.forget(3500)
    assert 1 not in seen
    assert seen.oldest is None


def test_a_repeat_does_not_renew_the_time_of_the_first() -> None:
    seen = Seen(1)
    for heard_at in (0, 400, 800):
        seen.add(1, heard_at)
    seen.forget(1000)
    assert 1 not in seen


def test_a_time_shorter_than_a_millisecond_is_one() -> None:
    seen = Seen(0.0001)
    seen.add(1, 1000)
    seen.forget(1000)
    assert 1 in seen


def test_the_oldest_keys_go_where_there_are_too_many_and_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    seen = Seen(1000, most=3)
    for key in range(10):
        seen.add(key, key)
        seen.add(key, key)
    assert [key for key in range(10) if key in seen] == [7, 8, 9]
    assert len(seen) == 3
    assert seen.oldest == 7
    assert [(line.levelno, line.getMessage()) for line in caplog.records] == [
        (logging.WARNING, "more events than can be remembered, an event that the feed repeats may pass most=3")
    ]


def test_a_clock_that_is_set_back_forgets_nothing_early_and_keeps_nothing_for_ever() -> None:
    seen = Seen(1)
    seen.add(1, 500)
    seen.add(2, 1_000_000)
    seen.forget(700)
    seen.add(3, 700)
    seen.forget(1500)
    assert [key for key in (1, 2, 3) if key in seen] == [2, 3]
    seen.forget(1699)
    assert len(seen) == 2
    seen.forget(1700)
    assert len(seen) == 0


def test_a_time_in_the_future_is_now_though_earlier_ones_come_after_it() -> None:
    seen = Seen(1)
    seen.add(1, 10**9)
    seen.add(2, 5)
    seen.forget(5)
    seen.forget(1004)
    assert len(seen) == 2
    seen.forget(1005)
    assert len(seen) == 0


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-1500, 1500))))
def test_time_only_goes_up_in_it_whatever_the_clock_does(steps: list[tuple[int, int]]) -> None:
    seen, now, passed = Seen(1), 1_800_000_000_000, 0
    heard: dict[int, int] = {}
    for key, step in steps:
        now, passed = now + step, passed + max(step, 0)
        seen.forget(now)
        if key in seen:
            assert key in heard
            continue
        assert key not in heard or passed - heard[key] >= 1000
        heard[key] = passed
        seen.add(key, now)
