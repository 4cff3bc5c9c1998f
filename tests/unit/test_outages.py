"""An outage of a feed is a line when it begins and one when it ends; time is told."""

import json
import logging
from collections.abc import Callable

import pytest

from monitoring.log_lines import JsonLines
from outage import REMIND_SECONDS, STEADY_SECONDS, News, Outage, Over
from receivers.mastodon_api.answers import Refused
from receivers.mastodon_api.failures import kind_of as mastodon_kind_of
from receivers.outage import NOBODY, FeedOutage, kind_of_status
from receivers.x_api.answers import Answer
from receivers.x_api.ended import Ended
from tests.servers.x_bodies import OPERATIONAL_DISCONNECT, TOO_MANY_CONNECTIONS
from tests.told_clock import ToldClock

log = logging.getLogger("receivers.of_a_test")


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock(1_000)


@pytest.fixture
def outage(clock: ToldClock) -> Outage:
    return Outage(clock)


@pytest.fixture
def feed(clock: ToldClock, caplog: pytest.LogCaptureFixture) -> FeedOutage:
    caplog.set_level(logging.INFO)
    return FeedOutage(log, clock, "a:1", "#tag")


def test_of_many_tries_the_first_is_told_and_then_that_it_is_over_with_its_length(
    outage: Outage, clock: ToldClock
) -> None:
    told = []
    for _ in range(100):
        told.append(outage.failed(NOBODY))
        clock.seconds += 5
    assert told == [News.AWAY] + 99 * [None]
    assert outage.is_away
    assert outage.there() == Over(500, 100)
    assert not outage.is_away
    assert outage.there() is None


def test_each_kind_of_reason_is_told_once_in_an_outage(outage: Outage) -> None:
    kinds = [kind_of_status(503), kind_of_status(502), kind_of_status(401), NOBODY, kind_of_status(503), NOBODY]
    assert [outage.failed(kind) for kind in kinds] == [News.AWAY, None, News.AWAY, News.AWAY, None, None]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Ended("HTTP 503", Answer(503)).kind, Ended("HTTP 502", Answer(502)).kind),
        (Ended("closed").kind, Ended("X ended the stream", message=(OPERATIONAL_DISCONNECT["errors"][0],)).kind),
        (mastodon_kind_of(Refused(503, "HTTP 503")), kind_of_status(500)),
        (mastodon_kind_of(ConnectionError("refused")), NOBODY),
    ],
)
def test_reasons_that_ask_for_the_same_move_are_of_one_kind(one: str, other: str) -> None:
    assert one == other


def test_reasons_that_ask_for_another_move_are_of_other_kinds() -> None:
    taken = Ended("HTTP 429", Answer(429, body=json.dumps(TOO_MANY_CONNECTIONS).encode())).kind
    kinds = [Ended("closed").kind, Ended("", Answer(503)).kind, Ended("", Answer(429)).kind, taken]
    kinds += [mastodon_kind_of(Refused(status, "")) for status in (404, 401)]
    assert len({*kinds}) == len(kinds)


def test_the_next_outage_after_the_feed_has_stayed_is_told_anew(outage: Outage, clock: ToldClock) -> None:
    for _ in range(3):
        assert outage.failed(NOBODY) is News.AWAY
        clock.seconds += 7
        assert outage.there() == Over(7, 1)
        clock.seconds += STEADY_SECONDS
        assert outage.there() is None


def test_who_was_told_nothing_for_a_quarter_of_an_hour_is_reminded(outage: Outage, clock: ToldClock) -> None:
    told = []
    for _ in range(60):
        told.append((outage.failed(NOBODY), clock.seconds - 1_000))
        clock.seconds += 60
    assert [each for each in told if each[0]] == [
        (News.AWAY, 0), *((News.STILL_AWAY, times * REMIND_SECONDS) for times in (1, 2, 3)),
    ]  # fmt: skip


def test_whoever_comes_and_goes_is_told_of_twice_and_once_more_when_it_has_stayed(
    outage: Outage, clock: ToldClock
) -> None:
    told: list[object] = []
    for _ in range(200):  # for less than a quarter of an hour
        told.append(outage.failed(NOBODY))
        clock.seconds += 1
        told.append(outage.there())
        clock.seconds += 2
    assert [each for each in told if each] == [News.AWAY, Over(1, 1), News.COMES_AND_GOES]
    clock.seconds += STEADY_SECONDS - 2.5
    assert outage.there() is None
    clock.seconds += 1
    assert outage.there() == Over(199 * 3 + 1, 200)
    assert outage.failed(NOBODY) is News.AWAY


def test_an_hour_of_coming_and_going_is_a_handful_of_lines_and_says_how_often(outage: Outage, clock: ToldClock) -> None:
    told: list[object] = []
    for _ in range(1_200):
        told.append(outage.failed(NOBODY))
        clock.seconds += 1
        told.append(outage.there())
        clock.seconds += 2
    assert len([each for each in told if each]) == 6
    assert told.count(News.STILL_AWAY) == 3
    assert (outage.tries, outage.returns) == (1_200, 1_200)


def test_an_end_that_no_sign_of_life_has_shown_is_told_before_the_next_begin(outage: Outage, clock: ToldClock) -> None:
    for _ in range(2):
        outage.failed(NOBODY)
        outage.there()
    clock.seconds += STEADY_SECONDS
    assert outage.settled() == Over(0, 2)
    assert outage.settled() is None
    assert outage.failed(NOBODY) is News.AWAY


def test_without_a_time_to_stay_every_outage_is_told_whole(clock: ToldClock) -> None:
    outage = Outage(clock, steady_seconds=0)
    for _ in range(3):
        assert outage.failed(NOBODY) is News.AWAY
        clock.seconds += 1
        assert outage.there() == Over(1, 1)


def test_the_lines_name_the_feed_the_reason_and_what_happens_next(
    feed: FeedOutage, clock: ToldClock, caplog: pytest.LogCaptureFixture
) -> None:
    feed.away("refused", 0.5)
    feed.away("refused", 1)
    feed.away("HTTP 401: no", 5, kind_of_status(401), "asking for a token")
    clock.seconds += REMIND_SECONDS
    feed.away("refused", 30)
    clock.seconds += 2
    feed.heard()
    feed.away("closed", 0.5)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "feed away peer=a:1 channel=#tag why='refused' next='trying again' in_seconds=0.5"),
        ("WARNING", "feed away peer=a:1 channel=#tag why='HTTP 401: no' next='asking for a token' in_seconds=5.0"),
        (
            "WARNING",
            "feed still away peer=a:1 channel=#tag seconds=900 tries=4 returns=0 why='refused' next='trying again' "
            "in_seconds=30.0",
        ),
        ("INFO", "feed back peer=a:1 channel=#tag seconds=902.0 tries=4"),
        (
            "WARNING",
            "feed comes and goes peer=a:1 channel=#tag why='closed' "
            "next='trying again; told again when it has stayed for 300 s' in_seconds=0.5",
        ),
    ]


def test_every_line_is_an_event_with_fields(
    feed: FeedOutage, clock: ToldClock, caplog: pytest.LogCaptureFixture
) -> None:
    def come_and_go() -> None:
        feed.heard()
        feed.away("closed", 0.5)
        clock.seconds += REMIND_SECONDS

    steps: list[Callable[[], None]] = [lambda: feed.away("a b", 1), come_and_go, lambda: feed.away("c", 1)]
    for step in steps:
        step()
    told = [json.loads(JsonLines([]).format(record)) for record in caplog.records]
    assert [each["event"] for each in told] == ["feed away", "feed back", "feed comes and goes", "feed still away"]
    assert (told[0]["why"], told[0]["in_seconds"], told[0]["channel"]) == ("a b", 1, "#tag")
    assert (told[1]["seconds"], told[1]["tries"]) == (0, 1)
    assert (told[3]["seconds"], told[3]["tries"], told[3]["returns"]) == (900, 3, 1)
    assert {each["logger"] for each in told} == {"receivers.of_a_test"}


def test_a_feed_that_was_never_away_is_told_nothing_of(feed: FeedOutage, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        feed.heard()
    assert caplog.records == []


def test_tries_that_are_not_told_are_there_for_who_debugs(feed: FeedOutage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    feed.away("a", 1)
    feed.away("b", 1)
    assert [record.levelname for record in caplog.records] == ["WARNING", "DEBUG"]
