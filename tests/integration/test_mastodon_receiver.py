"""A Mastodon instance's streams, whatever it and the network do; time is told."""

import json
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import pytest

from clock import Clock, SystemClock
from errors import CannotStart
from operations.mastodon_stand_in.stream import Payload, SseStream, frame
from receivers.mastodon import MastodonReceiver
from spool.segments import CutEvent, Event
from tests.servers.heard import Heard
from tests.servers.kept_spool import KeptSpool, Recorded
from tests.servers.mastodon_api import FRAMES, MastodonApi, says
from tests.servers.peer import Peer, free_port, hold
from tests.servers.receiving import refusal_of, running, to_its_end
from tests.servers.scripted import refuse
from tests.told_clock import ToldClock

BOUND_SECONDS = 30
INVALID = {"error": "Invalid access token"}

Surroundings = TypeVar("Surroundings", bound=Recorded)


def made(heard: Heard, clock: Clock | None = None, **given: Any) -> MastodonReceiver:  # noqa: ANN401
    return MastodonReceiver(heard.parts(clock or ToldClock(), jobname="a", source="mastodon", **given))


def listening(
    heard: Heard,
    api: MastodonApi,
    clock: Clock | None = None,
    **more: Any,  # noqa: ANN401
) -> AbstractContextManager[MastodonReceiver]:
    return running(made(heard, clock, **api.settings, **more))


def no_start(url: str, clock: ToldClock | None = None, **more: Any) -> str:  # noqa: ANN401
    """What a receiver that cannot start says."""
    return refusal_of(made(Heard(), clock, mastodon_url=url, mastodon_token="a-token-of-tests", **more))


def lines(heard: Heard) -> list[dict[str, Any]]:
    return [json.loads(event) for event in heard.events if isinstance(event, bytes)]


def texts(heard: Heard) -> list[str]:
    return [line.get("text") or line["event"] for line in lines(heard)]


def until(heard: Heard, *wanted: str) -> None:
    heard.wait_until(lambda: texts(heard) == [*wanted])


def update(api: MastodonApi, text: str, **fields: Any) -> tuple[str, Payload]:  # noqa: ANN401
    return "update", api.statuses.status(text, **fields)


def scripted(api: MastodonApi, *script: Callable[[SseStream], None]) -> MastodonApi:
    api.script.extend(script)
    return api


def test_what_an_instance_sends_is_heard_and_heartbeats_are_no_events() -> None:
    heard = Heard()
    with MastodonApi(script=[says(FRAMES, b":thump\n")]) as api, listening(heard, api, mastodon_authors="all"):
        heard.wait_until(lambda: len(heard.events) == 6)
    assert [line["event"] for line in lines(heard)] == [
        "update", "delete", "status.update", "filters_changed", "announcement", "update",
    ]  # fmt: skip
    assert heard.gaps == []
    (request,) = api.requests
    assert request.path == "/api/v1/streaming/public"
    assert request.headers["authorization"] == f"Bearer {api.token}"
    assert request.headers["accept"] == "text/event-stream"


def test_bytes_may_come_one_at_a_time() -> None:
    heard = Heard()
    with MastodonApi() as api:
        body = frame(*update(api, "slow ü"))
        scripted(api, says(*(bytes([byte]) for byte in body)))
        with listening(heard, api):
            until(heard, "slow ü")


@pytest.mark.parametrize("end", [SseStream.drop, SseStream.end, lambda stream: stream.drop(reset=True)])
def test_an_event_cut_off_with_its_connection_was_not_heard_and_is_told_of(
    end: Callable[[SseStream], None], caplog: pytest.LogCaptureFixture
) -> None:
    heard = Heard()
    with MastodonApi() as api:
        half = frame(*update(api, "ü" * 50))[:-100]
        scripted(api, says(update(api, "one"), half, then=wait_for(heard, "one", end)), says(update(api, "two")))
        with listening(heard, api):
            until(heard, "one", "two")
    assert [closed for _, closed in heard.gaps] == [True]
    if end is not SseStream.end:
        assert "the connection broke" in heard.gaps[0][0]
    assert "cut off with its connection" in caplog.text


def wait_for(heard: Heard, text: str, then: Callable[[SseStream], None]) -> Callable[[SseStream], None]:
    """Once that was heard: a reset would take it away."""

    def act(stream: SseStream) -> None:
        heard.wait_until(lambda: text in texts(heard))
        then(stream)

    return act


def test_a_connection_that_says_nothing_not_even_a_heartbeat_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MastodonReceiver, "silence_seconds", 0.3)
    heard = Heard()
    with MastodonApi() as api:
        scripted(api, says(update(api, "one")), says(update(api, "two"), then=lambda stream: stream.hold(0.05)))
        with listening(heard, api):
            until(heard, "one", "two")
    assert heard.gaps == [("nothing came in time, not even Mastodon's heartbeat", True)]


def test_an_event_that_is_too_long_is_cut_and_the_stream_goes_on() -> None:
    heard = Heard()
    with MastodonApi() as api:
        scripted(api, says(update(api, "x" * 5_000), update(api, "after")))
        with listening(heard, api, max_event_bytes=3_000):
            heard.wait_until(lambda: len(heard.events) == 2)
    cut, after = heard.events
    assert isinstance(cut, CutEvent)
    assert cut.length > 5_000
    assert len(cut.start) == 3_000
    assert isinstance(after, bytes)
    assert json.loads(after)["text"] == "after"


def test_what_the_timeline_has_of_a_gap_is_heard_once_and_the_gap_is_backfilled() -> None:
    heard = Heard()
    with MastodonApi() as api:
        one, two, three = (api.write(f"post {number}") for number in (1, 2, 3))
        first = says(("update", one), then=wait_for(heard, "post 1", SseStream.drop))
        second = says(("update", three), ("update", api.statuses.status("post 4")))
        scripted(api, first, second)
        with listening(heard, api, deduplicate_within_seconds=0):
            until(heard, "post 1", "post 2", "post 3", "post 4")
    assert heard.gaps[0][1]
    assert heard.backfilled[0] > 0
    assert two["id"] in {line["id"] for line in lines(heard)}


def after_a_run(api: MastodonApi, is_killed: bool = False, within_seconds: float = 3_600) -> KeptSpool:
    """The spool of a run that has heard "one", "two" and "three"; a kill comes before the place of the last is kept."""
    spool = KeptSpool(MastodonReceiver.key, within_seconds)
    one, two, three = (api.tells("update", api.statuses.status(each)) for each in ("one", "two", "three"))
    heard, go_on = Recorded(spool), threading.Event()
    scripted(api, says(one, two, lambda _: hold_back(go_on), three))
    with listening(heard, api, SystemClock()):
        until(heard, "one", "two")
        spool.writer.roll()
        go_on.set()
        until(heard, "one", "two", "three")
        assert spool.writer.flush()
    if not is_killed:
        spool.writer.close()
    assert any(name.endswith(".open") for name in spool.folder.files) == is_killed
    spool.begin()
    return spool


def hold_back(go_on: threading.Event) -> None:
    assert go_on.wait(BOUND_SECONDS)


def away(heard: Surroundings, seconds: float = 50.0) -> Surroundings:
    """They are those of a run that comes so long after the one before."""
    heard.open_gap("the job died")
    heard.gap_lasted = seconds
    return heard


def stored(spool: KeptSpool) -> list[str]:
    """Whatever the order: two runs within a second name their segments by chance."""
    spool.writer.close()
    return sorted(json.loads(event)["text"] for event in spool.events())


@pytest.mark.parametrize("is_killed", [False, True])
@pytest.mark.parametrize("within_seconds", [0.0, 3_600.0])
def test_a_new_run_goes_on_where_the_former_was_and_what_comes_twice_is_dropped(
    is_killed: bool, within_seconds: float
) -> None:
    with MastodonApi() as api:
        spool = after_a_run(api, is_killed, within_seconds)
        api.write("four")
        scripted(api, says(update(api, "five")))
        heard = away(Recorded(spool))
        with listening(heard, api, SystemClock()):
            until(heard, "two", "three", "four", "five")
    assert heard.gaps == [("the job died", True)]
    assert heard.backfilled == [51]  # all of it, see SharedGap
    assert stored(spool) == sorted(["one", "two", "three", "four", "five"])


class Stopping(Recorded):
    """A job that is told to stop when its receiver has appended something."""

    receiver: MastodonReceiver

    def append(self, events: Sequence[Event]) -> int:
        self.receiver.stopping.set()
        return super().append(events)


def test_a_run_that_ends_in_the_middle_of_the_pages_leaves_the_gap_and_all_of_it_to_the_next() -> None:
    with MastodonApi() as api:
        spool = after_a_run(api)
        missed = [api.write(f"missed {number:02}")["content"][3:-4] for number in range(60)]
        stopped = away(Stopping(spool))
        receiver = stopped.receiver = made(stopped, None, **api.settings)
        to_its_end(receiver)
        assert receiver.failure is None
        assert texts(stopped) == missed[20:]
        assert stopped.gaps == [("the job died", False)]
        spool.writer.close()
        spool.begin()
        heard = away(Recorded(spool))
        scripted(api, says(update(api, "after")))
        with listening(heard, api, SystemClock()):
            heard.wait_until(lambda: texts(heard)[-1:] == ["after"])
    assert heard.backfilled == [51]  # all of it, see SharedGap
    assert stored(spool) == sorted(["one", "two", "three", *missed, "after"])


def test_a_gap_between_two_runs_that_the_timeline_does_not_reach_back_over_is_lost_in_part() -> None:
    with MastodonApi() as api:
        spool = after_a_run(api)
        for number in range(60):
            api.write(f"missed {number}")
        heard = away(Recorded(spool), 1_000_000)
        scripted(api, says(update(api, "after")))
        with listening(heard, api, SystemClock(), mastodon_backfill_posts=40):
            heard.wait_until(lambda: texts(heard)[-1:] == ["after"])
    assert 0 < heard.backfilled[0] < BOUND_SECONDS
    assert len(stored(spool)) == 3 + 40 + 1


def test_a_job_that_wants_no_posts_of_a_gap_keeps_no_place() -> None:
    heard = Heard()
    with MastodonApi() as api:
        scripted(api, says(api.tells("update", api.statuses.status("one"))))
        with listening(heard, api, mastodon_backfill_posts=0):
            until(heard, "one")
    assert heard.bookmark.read() is None


def test_a_gap_that_the_timeline_does_not_tell_of_is_lost() -> None:
    heard = Heard()
    with MastodonApi(refusals=[refuse(422, {"error": "This method requires an authenticated user"})]) as api:
        first = says(("update", api.write("one")), then=wait_for(heard, "one", SseStream.drop))
        scripted(api, first, says(update(api, "two")))
        with listening(heard, api):
            until(heard, "one", "two")
    assert heard.backfilled == [0]


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [(429, {"Retry-After": "77"}, (77, 77)), (503, {"Retry-After": "9"}, (9, 9)), (502, {}, (5, 7)), (404, {}, (5, 7))],
)
def test_a_refusal_later_on_is_waited_out_as_long_as_the_instance_asks(
    status: int, headers: dict[str, str], pause: tuple[float, float]
) -> None:
    heard, clock = Heard(), ToldClock()
    with MastodonApi() as api:
        first = says(update(api, "one"), then=wait_for(heard, "one", SseStream.drop))
        scripted(api, first)
        api.script.append(refuse(status, b"no", headers))
        scripted(api, says(update(api, "two")))
        with listening(heard, api, clock):
            until(heard, "one", "two")
        assert len(api.stream_requests) == 3
    assert pause[0] <= clock.waits[1] <= pause[1]
    assert len(heard.gaps) == 1


def test_an_instance_that_wants_to_be_left_alone_is() -> None:
    heard, clock = Heard(), ToldClock()
    with MastodonApi() as api:
        scripted(api, says(b"retry: 33000\n", update(api, "one"), then=SseStream.end), says(update(api, "two")))
        with listening(heard, api, clock):
            until(heard, "one", "two")
    assert clock.waits == [33]


def test_connections_that_bring_nothing_are_made_more_and_more_rarely() -> None:
    heard, clock = Heard(), ToldClock()
    with MastodonApi(script=[SseStream.end] * 9) as api:
        scripted(api, says(update(api, "one")))
        with listening(heard, api, clock):
            until(heard, "one")
    assert clock.waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_token_that_is_not_known_ends_the_job_with_the_instance_s_words_and_advice() -> None:
    with MastodonApi(token="another") as api:
        said = no_start(api.url)
    assert "HTTP 401: Invalid access token" in said
    assert "CASESTREAM_MASTODON_TOKEN" in said
    assert "a-token-of-tests" not in said


def test_a_token_that_is_revoked_while_the_job_runs_ends_it() -> None:
    heard = Heard()
    with MastodonApi() as api:
        scripted(api, says(update(api, "one"), then=SseStream.end))
        api.script.append(refuse(401, INVALID))
        receiver = made(heard, None, **api.settings)
        to_its_end(receiver)
    assert isinstance(receiver.failure, CannotStart)
    assert texts(heard) == ["one"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refuse(404, {"error": "Not found"}), "HTTP 404: Not found"),
        (refuse(403, b"<html>blocked</html>"), "HTTP 403: <html>blocked</html>"),
        (refuse(503, b""), "gave no stream within 60 s: HTTP 503"),
        (refuse(200, b"<html>", {"Content-Type": "text/html"}), "no stream came but text/html"),
        (refuse(301, b"", {"Location": "/api/v1/streaming/public"}), "it leads to no other safe address"),
        (refuse(301, b"", {"Location": "ftp://127.0.0.1/"}), "it leads to no other safe address"),
    ],
)
def test_an_address_that_gives_no_stream_ends_the_start_with_its_words(answer: Any, words: str) -> None:  # noqa: ANN401
    with MastodonApi(then=answer) as api:
        assert words in no_start(api.url, start_timeout_seconds=60)


def test_an_address_where_nobody_answers_is_tried_until_the_start_is_over() -> None:
    clock = ToldClock()
    said = no_start(f"http://127.0.0.1:{free_port()}", clock, start_timeout_seconds=60)
    assert "gave no stream within 60 s: the connection broke" in said
    assert sum(clock.waits) >= 60
    assert len(clock.waits) < 12


def test_a_streaming_host_of_its_own_is_found_and_given_the_token() -> None:
    heard = Heard()
    with MastodonApi() as streaming:
        scripted(streaming, says(update(streaming, "from elsewhere")))
        there = {"Location": f"{streaming.url}/api/v1/streaming/public"}
        with MastodonApi(then=refuse(301, b"", there)) as api, listening(heard, api):
            until(heard, "from elsewhere")
            assert len(api.stream_requests) == len(streaming.stream_requests) == 1


def test_each_hashtag_has_a_connection_and_the_feed_is_heard_while_all_are_there() -> None:
    heard, lock = Heard(), threading.Lock()
    turns: list[str] = []

    def play(stream: SseStream) -> None:
        with lock:
            turns.append(stream.tag)
            is_again = turns.count("mask") > 1
        says(update(api, f"#{stream.tag}"))(stream) if stream.tag == "covid" or is_again else stream.drop()

    asked = {"mastodon_stream": "hashtags", "mastodon_hashtags": "#Covid,mask"}
    with MastodonApi(then=play) as api, listening(heard, api, None, **asked):
        heard.wait_until(lambda: sorted(texts(heard)) == ["#covid", "#mask"] and len(heard.gaps) == 1)
        heard.wait_until(lambda: heard.gaps[0][1])
    assert {request.path for request in api.requests} == {"/api/v1/streaming/hashtag"}
    assert sorted(turns) == ["covid", "mask", "mask"]
    assert heard.gaps[0][0].startswith("#mask: ")


def test_one_hashtag_that_is_refused_ends_them_all() -> None:
    def play(stream: SseStream) -> None:
        stream.stall()

    with MastodonApi(then=play) as api:
        api.script.append(refuse(401, INVALID))
        receiver = made(Heard(), None, **api.settings, mastodon_stream="hashtags", mastodon_hashtags="a1,b1,c1")
        to_its_end(receiver)
    assert isinstance(receiver.failure, CannotStart)


def test_it_stops_while_the_instance_does_not_answer() -> None:
    accepted, released = threading.Event(), threading.Event()

    def say_nothing(connection: socket.socket) -> None:
        accepted.set()
        hold(released)(connection)

    with Peer(say_nothing) as peer:
        receiver = made(Heard(), mastodon_url=f"http://127.0.0.1:{peer.port}", mastodon_token="t")
        receiver.start()
        assert accepted.wait(BOUND_SECONDS)
        receiver.stop(BOUND_SECONDS)
        assert receiver.is_over
        released.set()
    assert receiver.failure is None
