"""X's filtered stream by the real tweepy, whatever X and the network do; time is told."""

import hashlib
import json
import threading
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from errors import CannotStart
from operations.x_stand_in.stream import XStream
from receivers.twitter import TwitterReceiver
from tests.servers.count_page import CountPage
from tests.servers.heard import Heard
from tests.servers.peer import Peer, free_port, hold, send
from tests.servers.receiving import refusal_of, running, to_its_end
from tests.servers.scripted import refuse
from tests.servers.x_api import Act, Step, XApi
from tests.servers.x_bodies import (
    CREDITS_DEPLETED,
    FORBIDDEN,
    OPERATIONAL_DISCONNECT,
    TOO_MANY_CONNECTIONS,
    UNAUTHORIZED,
    UNAVAILABLE,
    USAGE_CAPPED,
    post,
)
from tests.told_clock import ToldClock

BOUND_SECONDS = 30
ONE, TWO, THREE = (post(str(number), f"post {number}") for number in (1, 2, 3))


class NextDay(ToldClock):
    """Whoever waits finds that nothing of the next day's allowance is used."""

    def __init__(self, heard: Heard, seconds: float = 0.0) -> None:
        super().__init__(seconds)
        self._heard = heard

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self._heard.used = 0
        return super().wait(event, seconds)


def made(heard: Heard, api: XApi, clock: ToldClock | None = None, **more: Any) -> TwitterReceiver:  # noqa: ANN401
    given = {"jobname": "a", "source": "twitter", "twitter_bearer_token": api.token, "twitter_api_url": api.url}
    return TwitterReceiver(heard.parts(clock or ToldClock(), **{**given, **more}))


def listening(
    heard: Heard,
    api: XApi,
    clock: ToldClock | None = None,
    **more: Any,  # noqa: ANN401
) -> AbstractContextManager[TwitterReceiver]:
    return running(made(heard, api, clock, **more))


def no_start(api: XApi, clock: ToldClock | None = None, **more: Any) -> str:  # noqa: ANN401
    """What a receiver that cannot start says."""
    return refusal_of(made(Heard(), api, clock, **more))


def says(*events: Any, then: Act = XStream.stall) -> Act:  # noqa: ANN401
    """A stream that sends these: events as dict or bytes, or what is to be done with the stream."""

    def play(stream: XStream) -> None:
        for event in events:
            if callable(event):
                event(stream)
            else:
                stream.post(event)
        then(stream)

    return play


def raw(data: bytes) -> Act:
    """These bytes of the body."""
    return lambda stream: stream.raw(data)


def texts(heard: Heard) -> list[str]:
    return [json.loads(event)["data"]["text"] for event in heard.events if isinstance(event, bytes)]


def until(heard: Heard, *wanted: dict[str, Any]) -> None:
    heard.wait_until(lambda: texts(heard) == [each["data"]["text"] for each in wanted])


def test_posts_come_to_the_byte_and_keep_alives_are_no_events() -> None:
    heard = Heard()
    event = b'{"data": {"id":"1", "text":"\xc3\xbc \xe2\x80\xa8 \xc2\x85 \\n"} }'
    script = [says(XStream.keep_alive, event, XStream.keep_alive)]
    with XApi(script=script) as api, listening(heard, api):
        heard.wait_until(lambda: heard.events == [event])
    assert heard.gaps == []


@pytest.mark.parametrize("gzip", [True, False])
def test_every_field_is_asked_for_and_bytes_may_come_one_at_a_time(gzip: bool) -> None:
    heard = Heard()
    line = json.dumps(ONE, ensure_ascii=False).encode() + b"\r\n"
    script = [says(*(raw(bytes([byte])) for byte in line))]
    with XApi(script=script, gzip=gzip) as api, listening(heard, api):
        until(heard, ONE)
    (request,) = api.stream_requests
    assert set(request.query["tweet.fields"].split(",")) == {
        "author_id", "created_at", "edit_history_tweet_ids", "entities", "lang", "note_tweet", "public_metrics",
        "referenced_tweets",
    }  # fmt: skip
    assert request.query["expansions"] == "referenced_tweets.id"
    assert "backfill_minutes" not in request.query
    assert "Tweepy" in request.headers["user-agent"]


def test_expansions_may_be_none() -> None:
    heard = Heard()
    with XApi(script=[says(ONE)]) as api:
        with listening(heard, api, twitter_expansions="none"):
            until(heard, ONE)
        assert "expansions" not in api.stream_requests[0].query


@pytest.mark.parametrize("gzip", [True, False])
def test_an_event_cut_off_in_mid_line_or_mid_character_was_not_heard_and_the_stream_goes_on(
    gzip: bool, caplog: pytest.LogCaptureFixture
) -> None:
    heard, clock = Heard(), ToldClock()
    half = json.dumps(post("2", "ü" * 50), ensure_ascii=False).encode()
    cut = half[: half.index("ü".encode()) + 1]
    script = [
        says(ONE, raw(cut), then=XStream.drop),
        says(TWO, raw(cut), then=XStream.end),
        says(THREE),
    ]
    with XApi(script=script, gzip=gzip) as api, listening(heard, api, clock):
        until(heard, ONE, TWO, THREE)
    assert clock.waits == [0, 0.25]
    assert [is_closed for _, is_closed in heard.gaps] == [True, True]
    assert heard.gaps[1][0] == "X closed the connection"
    assert sum("cut off with its connection" in line for line in caplog.messages) == 2


def test_a_whole_event_without_its_line_end_is_heard() -> None:
    heard = Heard()
    script = [
        says(raw(json.dumps(ONE).encode()), then=XStream.drop),
        says(raw(json.dumps(TWO).encode()), then=XStream.end),
    ]
    with XApi(script=script) as api, listening(heard, api):
        until(heard, ONE, TWO)


def test_what_is_no_post_is_an_event_all_the_same() -> None:
    heard = Heard()
    odd = [b"no json", b'{"delete":{"id":"1"}}', b"[1]", b"\xff\xfe", b'{"data":{"id":1']
    script = [says(*odd)]
    with XApi(script=script) as api, listening(heard, api):
        heard.wait_until(lambda: heard.events == odd)


def test_an_endless_line_is_cut_and_memory_stays_bounded() -> None:
    heard = Heard()
    script = [says(*[raw(b"x" * 1_000)] * 50, raw(b"\r"), raw(b"\n"))]
    with XApi(script=script) as api, listening(heard, api, max_event_bytes=2_000):
        heard.wait_until(lambda: len(heard.events) == 1)
    (event,) = heard.events
    assert not isinstance(event, bytes)
    assert (event.start, event.length) == (b"x" * 2_000, 50_000)
    assert event.sha256 == hashlib.sha256(b"x" * 50_000).hexdigest()


def test_back_off_is_x_s_to_the_second_over_an_hour_of_faults() -> None:
    heard, clock = Heard(), ToldClock()
    reset = str(round((clock.now() + timedelta(seconds=3_000)).timestamp()))

    def minute(_: XStream) -> None:
        """What came before was heard, and a minute passes."""
        heard.wait_until(lambda: texts(heard) != [] and heard.gaps[-1][1])
        clock.seconds += 60

    script: list[Step] = [
        *[refuse(503, UNAVAILABLE)] * 7,
        *[refuse(429, USAGE_CAPPED)] * 3,
        says(ONE, minute, XStream.keep_alive, then=XStream.drop),
        says(then=XStream.drop),
        says(then=XStream.drop),
        says(XStream.keep_alive, minute, XStream.keep_alive, then=XStream.drop),
        refuse(503, UNAVAILABLE),
        refuse(429, USAGE_CAPPED, {"x-rate-limit-reset": reset, "x-rate-limit-remaining": "0"}),
        says(TWO),
    ]
    with XApi(script=script) as api, listening(heard, api, clock, start_timeout_seconds=10_000):
        until(heard, ONE, TWO)
    http, limits = [5, 10, 20, 40, 80, 160, 320], [60, 120, 240]
    before = sum(http) + sum(limits) + 60 + 0.25 + 0.5 + 60 + 5
    assert clock.waits == [*http, *limits, 0, 0.25, 0.5, 0, 5, 3_000 - before]
    assert clock.seconds == 3_000
    assert [cause.split(":")[0] for cause, _ in heard.gaps[:1]] == ["HTTP 503"]


def test_a_web_page_in_place_of_the_stream_is_no_stream_and_no_event() -> None:
    heard, clock = Heard(), ToldClock()
    with CountPage() as page:
        given = {"jobname": "a", "source": "twitter", "twitter_bearer_token": "t", "start_timeout_seconds": 30}
        receiver = TwitterReceiver(heard.parts(clock, **given, twitter_api_url=page.url))
        receiver._rules._are_there = True
        to_its_end(receiver)
    assert "a web page came in place of the stream" in str(receiver.failure)
    assert clock.waits == [5, 10, 20]
    assert heard.events == []


def test_a_web_page_in_place_of_the_rules_is_called_that_and_no_broken_connection() -> None:
    with CountPage() as page:
        given = {"jobname": "a", "source": "twitter", "twitter_bearer_token": "t", "start_timeout_seconds": 1}
        said = refusal_of(TwitterReceiver(Heard().parts(ToldClock(), **given, twitter_api_url=page.url)))
    assert "what came in place of the rules is no JSON of X's: see TWITTER_API_URL and the proxy" in said


def test_a_network_that_is_away_is_asked_again_a_little_later_each_time() -> None:
    heard, clock, port = Heard(), ToldClock(), free_port()
    waited = threading.Event()
    wait = clock.wait

    def wait_until_the_api_is_there(event: threading.Event, seconds: float) -> bool:
        stop = wait(event, seconds)
        if len(clock.waits) == 5:
            waited.set()
            opened.wait(BOUND_SECONDS)
        return stop

    opened = threading.Event()
    clock.wait = wait_until_the_api_is_there  # type: ignore[method-assign]
    receiver = TwitterReceiver(
        heard.parts(
            clock,
            jobname="a",
            source="twitter",
            twitter_bearer_token="a-token-of-tests",
            twitter_api_url=f"http://127.0.0.1:{port}",
        )
    )
    receiver.start()
    assert waited.wait(BOUND_SECONDS)
    with XApi(port=port) as api:
        opened.set()
        api.post(ONE)
        until(heard, ONE)
        receiver.stop(BOUND_SECONDS)
    assert clock.waits == [0.25, 0.5, 0.75, 1.0, 1.25]
    assert "Connection refused" in heard.gaps[0][0]
    assert "object at" not in heard.gaps[0][0]


def test_a_message_in_the_stream_ends_the_connection_and_is_no_event() -> None:
    heard, clock = Heard(), ToldClock()
    script = [
        says(ONE, OPERATIONAL_DISCONNECT),
        says({"errors": [{"title": "Not Found Error", "type": "x"}]}, TWO),
    ]
    with XApi(script=script) as api, listening(heard, api, clock):
        until(heard, ONE, TWO)
    assert clock.waits == [0]
    assert [cause for cause, _ in heard.gaps] == [
        "X ended the stream: operational-disconnect: "
        "This stream has been disconnected upstream for operational reasons."
    ]


def test_a_partial_error_beside_a_post_is_part_of_the_event() -> None:
    heard = Heard()
    event = {**ONE, "errors": [{"title": "Not Found Error", "type": "https://api.x.com/2/problems/resource-not-found"}]}
    with XApi(script=[says(event)]) as api, listening(heard, api):
        until(heard, ONE)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, UNAUTHORIZED, "Unauthorized"),
        (402, CREDITS_DEPLETED, "credits depleted"),
        (403, FORBIDDEN, "Client Forbidden"),
        (400, {"title": "Invalid Request", "detail": "one of the fields is none"}, "one of the fields is none"),
    ],
)
@pytest.mark.parametrize("of", ["stream", "rules"])
def test_what_waiting_does_not_heal_ends_the_job_with_x_s_words(
    status: int,
    body: dict[str, Any],
    said: str,
    of: Any,  # noqa: ANN401
) -> None:
    clock = ToldClock()
    with XApi() as api:
        api.refuse_next(status, body, times=9, of=of)
        told = no_start(api, clock)
    assert f"HTTP {status}: " in told
    assert said in told
    assert clock.waits == []
    assert api.token not in told


def test_an_x_that_gives_no_stream_in_time_is_no_start() -> None:
    clock = ToldClock()
    with XApi(then=refuse(503, UNAVAILABLE)) as api:
        told = no_start(api, clock, start_timeout_seconds=30)
    assert "gave no stream within 30 s: HTTP 503" in told
    assert clock.waits == [5, 10, 20]


def test_a_token_whose_connection_is_taken_ends_the_job_with_what_to_do() -> None:
    heard = Heard()
    with XApi() as api, listening(heard, api):
        api.wait_for_stream()
        told = no_start(api)
    assert "This stream is currently at the maximum allowed connection limit." in told
    assert "Stop the other job or program, or give this job an app and a token of its own" in told


def test_a_connection_that_this_job_may_have_left_behind_is_waited_for() -> None:
    heard, clock = Heard(), ToldClock()
    parts = {"jobname": "a", "source": "twitter", "start_timeout_seconds": 1}
    with XApi(script=[refuse(429, TOO_MANY_CONNECTIONS)] * 3) as api:
        given = heard.parts(clock, **parts, twitter_bearer_token=api.token, twitter_api_url=api.url)
        receiver = TwitterReceiver(type(given)(**{**vars(given), "last_alive": clock.now() - timedelta(minutes=1)}))
        receiver.start()
        api.post(ONE)
        until(heard, ONE)
        receiver.stop(BOUND_SECONDS)
    assert clock.waits == [60, 120, 240]

    with XApi(then=refuse(429, TOO_MANY_CONNECTIONS)) as api:
        given = heard.parts(clock, **parts, twitter_bearer_token=api.token, twitter_api_url=api.url)
        receiver = TwitterReceiver(type(given)(**{**vars(given), "last_alive": clock.now()}))
        to_its_end(receiver)
    assert isinstance(receiver.failure, CannotStart)


def test_a_connection_taken_later_is_waited_for() -> None:
    heard, clock = Heard(), ToldClock()
    script: list[Step] = [
        says(ONE, TOO_MANY_CONNECTIONS, then=XStream.end),
        refuse(429, TOO_MANY_CONNECTIONS),
        says(TWO),
    ]
    with XApi(script=script) as api, listening(heard, api, clock):
        until(heard, ONE, TWO)
    assert clock.waits == [60, 120]


def test_an_error_in_the_spool_ends_the_receiver_loudly() -> None:
    class Broken(Heard):
        def append(self, events: Any) -> int:  # noqa: ANN401
            raise OSError(f"no room for {len(events)}")

    with XApi(script=[says(ONE)]) as api:
        receiver = made(Broken(), api)
        to_its_end(receiver)
    assert isinstance(receiver.failure, OSError)


def test_it_stops_at_once_though_x_is_silent() -> None:
    heard = Heard()
    with XApi(script=[says(ONE)]) as api:
        receiver = made(heard, api)
        receiver.start()
        until(heard, ONE)
        receiver.stop(5)  # tweepy would wait for 21 s
        assert receiver.is_over
    assert receiver.failure is None
    assert heard.gaps == []


def test_available_now_ends_when_x_is_silent_for_so_long() -> None:
    heard = Heard()
    with XApi(script=[says(ONE, TWO)]) as api:
        receiver = made(heard, api, available_now=True, idle_seconds=0.5)
        to_its_end(receiver)
    assert receiver.failure is None
    until(heard, ONE, TWO)


def test_at_the_cap_the_stream_closes_until_the_next_day_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    heard = Heard()
    clock = NextDay(heard, seconds=3_600)
    script = [
        says(ONE, TWO, THREE),
        says(THREE),
    ]
    with XApi(script=script) as api, listening(heard, api, clock, twitter_daily_posts=2):
        until(heard, ONE, TWO, THREE)
        assert api.connections == 2
    assert clock.waits == [82_800]
    assert heard.gaps == [("2 posts of this day's 2 are used up (TWITTER_DAILY_POSTS)", True)]
    assert any("the stream stays closed until=2026-01-03T00:00:00+00:00" in line for line in caplog.messages)


def test_a_cap_reached_before_the_start_opens_no_connection() -> None:
    heard = Heard()
    heard.used = 5
    with XApi() as api:
        receiver = made(heard, api, available_now=True, twitter_monthly_posts=5)
        to_its_end(receiver)
    assert api.requests == []


@pytest.mark.parametrize(("missed", "asked"), [(30, 1), (61, 2), (3_000, 3)])
def test_backfill_asks_for_the_minutes_that_were_missed(missed: float, asked: int) -> None:
    heard = Heard()
    heard.gap_lasted = missed
    script = [
        says(ONE, then=XStream.drop),
        says(TWO),
    ]
    with XApi(script=script) as api, listening(heard, api, twitter_backfill_minutes=3):
        until(heard, ONE, TWO)
    assert [request.query.get("backfill_minutes") for request in api.stream_requests] == [None, str(asked)]
    assert heard.backfilled == [asked * 60]


def test_an_account_without_backfill_goes_on_without_it() -> None:
    heard, clock = Heard(), ToldClock()
    heard.gap_lasted = 30
    refused = {"title": "Invalid Request", "detail": "The query parameter [backfill_minutes] is not allowed."}
    script: list[Any] = [
        says(ONE, then=XStream.drop),
        refuse(400, refused),
        says(TWO, then=XStream.drop),
        says(THREE),
    ]
    with XApi(script=script) as api, listening(heard, api, clock, twitter_backfill_minutes=5):
        until(heard, ONE, TWO, THREE)
    assert [request.query.get("backfill_minutes") for request in api.stream_requests] == [None, "1", None, None]
    assert heard.backfilled == [0, 0]


def test_rules_that_vanish_are_made_again(caplog: pytest.LogCaptureFixture) -> None:
    heard, clock = Heard(), ToldClock()
    with XApi(script=[says(ONE)]) as api, listening(heard, api, clock):
        until(heard, ONE)
        api.rules = []
        api.drop()
        api.post(TWO)
        until(heard, ONE, TWO)
        assert [rule["value"] for rule in api.rules] == ["covid19 OR coronavirus"]
    assert clock.waits == [0, 5]
    assert "You must define rules" in caplog.text


def test_a_usage_cap_told_inside_the_stream_waits_like_a_refusal() -> None:
    heard, clock = Heard(), ToldClock()
    script: list[Step] = [says(ONE, USAGE_CAPPED), says(TWO)]
    with XApi(script=script) as api, listening(heard, api, clock):
        until(heard, ONE, TWO)
    assert clock.waits == [60]


def test_credits_that_run_out_inside_the_stream_end_the_job() -> None:
    with XApi(script=[says(ONE, CREDITS_DEPLETED)]) as api:
        assert "credits depleted" in no_start(api)


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (429, {}, {"x-rate-limit-reset": "soon"}),
        (503, b"[]", {}),
        (503, b"null", {}),
        (503, {"errors": [None]}, {}),
        (503, {"detail": {}}, {}),
        (200, b"[]", {}),
        (200, b"<html>", {}),
    ],
)
def test_an_answer_about_rules_that_makes_no_sense_is_asked_for_again(
    status: int,
    body: Any,  # noqa: ANN401
    headers: dict[str, str],
) -> None:
    heard, clock = Heard(), ToldClock()
    with XApi(script=[says(ONE)]) as api:
        api.refuse_next(status, body, headers, times=2, of="rules")
        with listening(heard, api, clock):
            until(heard, ONE)
    assert len(clock.waits) == 2


def test_what_had_come_when_the_job_stops_is_heard() -> None:
    heard, stopped = Heard(), threading.Event()
    events = [post(str(number), f"post {number}") for number in range(200)]
    append = heard.append

    def stop_at_the_tenth(some: Any) -> int:  # noqa: ANN401
        if len(heard.events) == 10:
            stopped.set()
            assert receiver.stopping.wait(BOUND_SECONDS)
        return append(some)

    heard.append = stop_at_the_tenth  # type: ignore[method-assign, assignment]
    block = b"".join(json.dumps(event).encode() + b"\r\n" for event in events)
    with XApi(script=[says(raw(block))]) as api:
        receiver = made(heard, api)
        receiver.start()
        assert stopped.wait(BOUND_SECONDS)
        receiver.stop(BOUND_SECONDS)
    assert texts(heard) == [event["data"]["text"] for event in events]


def test_a_second_job_that_is_refused_takes_its_rules_back() -> None:
    heard = Heard()
    with XApi() as api, listening(heard, api):
        api.wait_for_stream()
        no_start(api, jobname="second", twitter_rules="cats")
        assert [rule["value"] for rule in api.rules] == ["covid19 OR coronavirus"]


def test_a_job_that_began_at_its_cap_has_its_time_to_start_the_next_day() -> None:
    heard = Heard()
    clock = NextDay(heard)
    heard.used = 1
    script: list[Step] = [refuse(503, UNAVAILABLE), says(ONE)]
    with XApi(script=script) as api, listening(heard, api, clock, twitter_daily_posts=5, twitter_monthly_posts=1):
        until(heard, ONE)
    assert clock.waits[1] == 5


@pytest.mark.parametrize(
    "event", [b'{"data":{"id":null}}', b'{"data":{"id":""}}', b'{"data":{}}', b'{"data":[]}', b"["]
)
def test_an_event_without_an_id_is_never_taken_for_a_repeat(event: bytes) -> None:
    assert TwitterReceiver.key(event) is None


def test_an_answer_that_a_proxy_has_joined_is_heard_post_by_post() -> None:
    heard = Heard()
    lines = [json.dumps(event).encode() + b"\r\n" for event in (ONE, TWO)]
    rules = b'{"data":[{"id":"1","value":"covid19 OR coronavirus","tag":"a"}],"meta":{}}'
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
    released = threading.Event()
    listed = head + b"Content-Length: %d\r\n\r\n" % len(rules) + rules
    with Peer(send(listed), hold(released, head + b"\r\n" + b"".join(lines))) as peer:
        given = {"jobname": "a", "source": "twitter", "twitter_bearer_token": "t"}
        receiver = TwitterReceiver(heard.parts(ToldClock(), **given, twitter_api_url=f"http://127.0.0.1:{peer.port}"))
        receiver.start()
        until(heard, ONE, TWO)
        receiver.stop(BOUND_SECONDS)
        released.set()
    assert receiver.is_over


def test_a_refusal_that_trickles_or_never_ends_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watched_connections._BODY_SECONDS", 0.3)
    clock = ToldClock()
    with CountPage(mode="trickle") as trickling:
        given = {"jobname": "a", "source": "twitter", "twitter_bearer_token": "t", "start_timeout_seconds": 1}
        receiver = TwitterReceiver(Heard().parts(clock, **given, twitter_api_url=trickling.url))
        to_its_end(receiver)
    assert isinstance(receiver.failure, CannotStart)
