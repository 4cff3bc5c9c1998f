"""How long X is left alone after each kind of failure."""

from datetime import UTC, datetime

from receivers.x_api.answers import Answer
from receivers.x_api.back_off import BackOff
from receivers.x_api.ended import Ended

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BROKEN = Ended("the connection broke")
BROKEN_AFTER_POSTS = Ended("the connection broke", was_heard=True)
BROKEN_SOON = Ended("the connection broke at once", was_heard=True)
TOO_MANY = ({"connection_issue": "TooManyConnections"},)


def refused(status: int, **headers: str) -> Ended:
    return Ended("refused", Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}))


def waits(*failures: Ended) -> list[float]:
    back_off = BackOff()
    return [back_off.seconds(each, 60 if each is BROKEN_AFTER_POSTS else 0, NOW) for each in failures]


def test_a_network_that_stays_away_is_asked_a_quarter_second_later_each_time_up_to_16() -> None:
    seconds = waits(*[BROKEN] * 70)
    assert seconds[:5] == [0.25, 0.5, 0.75, 1.0, 1.25]
    assert seconds[63:] == [16.0] * 7


def test_http_errors_double_from_5_to_320_seconds() -> None:
    assert waits(*[refused(503)] * 9) == [5, 10, 20, 40, 80, 160, 320, 320, 320]


def test_too_many_requests_without_a_reset_double_from_a_minute_to_the_window_of_15() -> None:
    assert waits(*[refused(429)] * 6) == [60, 120, 240, 480, 900, 900]


def test_too_many_requests_wait_for_the_reset_that_x_names() -> None:
    reset = str(round(NOW.timestamp()) + 77)
    assert waits(refused(429, x_rate_limit_reset=reset), refused(429, x_rate_limit_reset=reset)) == [77, 77]


def test_a_reset_counts_only_where_the_window_is_used_up_and_ends_in_the_future() -> None:
    later = str(round(NOW.timestamp()) + 77)
    assert waits(refused(429, x_rate_limit_reset=later, x_rate_limit_remaining="48")) == [60]
    assert waits(refused(429, x_rate_limit_reset=str(round(NOW.timestamp()) - 1))) == [60]
    assert waits(refused(429, x_rate_limit_reset="soon")) == [60]


def test_a_connection_that_worked_is_made_again_at_once_and_ends_the_count() -> None:
    assert waits(BROKEN, BROKEN, BROKEN_AFTER_POSTS, BROKEN) == [0.25, 0.5, 0, 0.25]
    assert waits(refused(503), refused(503), BROKEN_AFTER_POSTS, refused(503)) == [5, 10, 0, 5]


def test_connections_that_last_for_moments_only_are_made_ever_later_though_something_came() -> None:
    assert waits(*[BROKEN_SOON] * 4) == [0, 0.25, 0.5, 0.75]
    assert waits(refused(503), BROKEN_SOON, refused(503)) == [5, 0, 10]
    assert waits(*[BROKEN_SOON] * 3, BROKEN_AFTER_POSTS, BROKEN_SOON) == [0, 0.25, 0.5, 0, 0]


def test_each_kind_of_failure_counts_for_itself() -> None:
    assert waits(refused(503), BROKEN, refused(429), refused(503), BROKEN) == [5, 0.25, 60, 10, 0.5]


def test_too_many_connections_inside_the_stream_wait_like_a_refusal() -> None:
    assert waits(*[Ended("ended", message=TOO_MANY)] * 2) == [60, 120]
    assert waits(Ended("ended", message=TOO_MANY, was_heard=True)) == [60]
