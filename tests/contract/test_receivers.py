"""What every receiver promises. A new receiver adds one line to CASES."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from operations.jetstream_stand_in.server import Behaviour, HangUp, Subscription
from operations.mastodon_stand_in.stream import SseStream
from operations.x_stand_in.stream import XStream
from processors import PROCESSORS
from receivers.base import Receiver
from receivers.bluesky import BlueskyReceiver
from receivers.mastodon import MastodonReceiver
from receivers.socket import SocketReceiver
from receivers.twitter import TwitterReceiver
from runtime.plugins import receiver_class
from tests.servers.heard import Heard
from tests.servers.jetstream import JetstreamHost
from tests.servers.mastodon_api import MastodonApi, says
from tests.servers.peer import Peer, hold, send
from tests.servers.x_api import XApi

BOUND_SECONDS = 30
EVENTS = [b'{"text": "one"}', "two, ü".encode(), b"\xff three", b"four"]

# Per receiver: its class, and a peer of it as (settings, a server of EVENTS that goes on or ends).
Serve = Callable[[threading.Event, bool], tuple[dict[str, Any], AbstractContextManager[object]]]


def serve_lines(released: threading.Event, is_endless: bool) -> tuple[dict[str, Any], AbstractContextManager[object]]:
    """EVENTS as lines, in two connections."""
    lines = [event + b"\n" for event in EVENTS]
    peer = Peer(send(*lines[:2]), hold(released, *lines[2:])) if is_endless else Peer(send(*lines))
    return {"socket_port": peer.port}, peer


def serve_x(released: threading.Event, is_endless: bool) -> tuple[dict[str, Any], AbstractContextManager[object]]:
    """EVENTS as X's stream sends them, in two connections."""

    def begin(stream: XStream) -> None:
        for event in EVENTS[:2]:
            stream.post(event)
        stream.drop()

    def go_on(stream: XStream) -> None:
        for event in EVENTS[2:]:
            stream.post(event)
        if is_endless:
            released.wait(BOUND_SECONDS)
        else:
            stream.stall()

    def say_all(stream: XStream) -> None:
        for event in EVENTS:
            stream.post(event)
        stream.stall()

    api = XApi(script=[begin, go_on] if is_endless else [say_all])
    return {"twitter_api_url": api.url, "twitter_bearer_token": api.token}, api


def hold_until(released: threading.Event) -> None:
    released.wait(BOUND_SECONDS)


def serve_mastodon(
    released: threading.Event, is_endless: bool
) -> tuple[dict[str, Any], AbstractContextManager[object]]:
    """EVENTS as the data of updates, in two connections: they are no statuses, and handed on as they came."""
    updates = [b"event: update\ndata: " + event + b"\n\n" for event in EVENTS]
    go_on = says(*updates[2:], then=lambda _: hold_until(released))
    begin = says(*updates[:2], then=SseStream.drop)
    api = MastodonApi(script=[begin, go_on] if is_endless else [says(*updates)])
    return api.settings, api


def serve_jetstream(_: threading.Event, is_endless: bool) -> tuple[dict[str, Any], AbstractContextManager[object]]:
    """EVENTS as frames, in two connections; the second stays open."""

    class InTwo(Behaviour):
        def before(self, subscription: Subscription, sent: int, ending: threading.Event) -> None:  # noqa: ARG002
            if is_endless and (subscription.number, sent) == (0, 2):
                raise HangUp

        def first(self, subscription: Subscription, number: int) -> int:  # noqa: ARG002
            return 2 * subscription.number if is_endless else 0

    host = JetstreamHost(InTwo())
    for event in EVENTS:
        host.log.publish(event)
    return {"bluesky_url": host.url}, host


CASES: dict[str, tuple[type[Receiver], Serve]] = {
    "bluesky": (BlueskyReceiver, serve_jetstream),
    "mastodon": (MastodonReceiver, serve_mastodon),
    "socket": (SocketReceiver, serve_lines),
    "twitter": (TwitterReceiver, serve_x),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[str, type[Receiver], Serve]:
    name: str = request.param
    return name, *CASES[name]


def made(case: tuple[str, type[Receiver], Serve], heard: Heard, **given: Any) -> Receiver:  # noqa: ANN401
    name, kind, _ = case
    return kind(heard.parts(jobname="a", source=name, **given))


def test_every_receiver_of_a_registered_source_has_a_case() -> None:
    receivers = {name: receiver_class(processor) for name, processor in PROCESSORS.items()}
    assert {name for name, kind in receivers.items() if kind} == CASES.keys()
    assert all(receivers[name] is kind for name, (kind, _) in CASES.items())


def test_events_are_appended_in_order_to_the_byte_and_it_stops_when_told(
    case: tuple[str, type[Receiver], Serve],
) -> None:
    heard, released = Heard(), threading.Event()
    given, peer = case[2](released, True)
    with peer:
        receiver = made(case, heard, **given)
        assert not receiver.is_over
        receiver.start()
        heard.wait_until(lambda: len(heard.events) == len(EVENTS))
        assert not receiver.is_over
        receiver.stop(BOUND_SECONDS)
        assert receiver.is_over
        released.set()
    assert heard.events == EVENTS
    assert receiver.failure is None


def test_every_time_without_a_connection_is_a_gap_with_a_cause(case: tuple[str, type[Receiver], Serve]) -> None:
    heard, released = Heard(), threading.Event()
    given, peer = case[2](released, True)
    with peer:
        receiver = made(case, heard, **given)
        receiver.start()
        heard.wait_until(lambda: len(heard.events) == len(EVENTS))
        released.set()
        receiver.stop(BOUND_SECONDS)
    assert heard.gaps[0][0]
    assert heard.gaps[0][1]


def test_available_now_reads_the_feed_to_its_end(case: tuple[str, type[Receiver], Serve]) -> None:
    heard, released = Heard(), threading.Event()
    given, peer = case[2](released, False)
    with peer:
        receiver = made(case, heard, available_now=True, idle_seconds=1, **given)
        receiver.start()
        receiver._thread.join(BOUND_SECONDS)
        assert receiver.is_over
    assert heard.events == EVENTS
    assert receiver.failure is None


def test_what_the_spool_raises_ends_the_receiver_and_is_kept(case: tuple[str, type[Receiver], Serve]) -> None:
    class Broken(Heard):
        def append(self, events: Any) -> int:  # noqa: ANN401
            raise ZeroDivisionError(len(events))

    released = threading.Event()
    given, peer = case[2](released, False)
    with peer:
        receiver = made(case, Broken(), **given)
        receiver.start()
        receiver._thread.join(BOUND_SECONDS)
        assert isinstance(receiver.failure, ZeroDivisionError)
        assert receiver.is_over
