"""Every feed that pushes: its stand-in goes away, is tried in vain, and comes back."""

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from monitoring.events import Event, event_of
from monitoring.log_lines import JsonLines
from operations.mastodon_stand_in.stream import SseStream
from receivers.base import Receiver
from receivers.bluesky import BlueskyReceiver
from receivers.http_feed import HttpReceiver
from receivers.mastodon import MastodonReceiver
from receivers.socket import SocketReceiver
from receivers.twitter import TwitterReceiver
from tests.contract.hurried_clock import HurriedClock
from tests.servers.gate import Gate
from tests.servers.heard import BOUND_SECONDS, Heard
from tests.servers.jetstream import JetstreamHost, Scripted, created
from tests.servers.kept_spool import KeptSpool, Recorded
from tests.servers.mastodon_api import MastodonApi, says
from tests.servers.peer import Act, Peer
from tests.servers.ports import free_ports
from tests.servers.receiving import running
from tests.servers.x_api import XApi

TRIES = 3
FLAPS = 8
TOKEN = "a-token-of-tests"


class WholeReceiver(HttpReceiver):
    """Whatever comes is an event."""

    def hear(self, received: Iterator[bytes]) -> None:
        for block in received:
            self.append(block)


@dataclass
class Feed:
    """A stand-in behind a gate. settings: of the job that listens; say: makes it speak, where it does not by itself."""

    gate: Gate
    settings: dict[str, Any]
    say: Callable[[], object] = lambda: None


def until_left(line: bytes) -> Act:
    """Send the line, and stay for as long as the client does."""

    def act(connection: socket.socket) -> None:
        connection.sendall(line)
        while connection.recv(1_024):
            pass

    return act


@contextmanager
def tcp() -> Iterator[Feed]:
    with Peer(*[until_left(b"a line\n")] * 2) as peer, Gate(peer.port) as gate:
        yield Feed(gate, {"source": "socket", "socket_port": gate.port})


@contextmanager
def http() -> Iterator[Feed]:
    with Peer(*[until_left(b"HTTP/1.0 200 OK\r\n\r\nsomething")] * 2) as peer, Gate(peer.port) as gate:
        yield Feed(gate, {"source": "own", "source_url": f"http://127.0.0.1:{gate.port}/"})


@contextmanager
def twitter() -> Iterator[Feed]:
    with XApi(keep_alive_seconds=0.05, connections=2) as api, Gate(api.port) as gate:
        url = f"http://127.0.0.1:{gate.port}"
        yield Feed(gate, {"source": "twitter", "twitter_bearer_token": api.token, "twitter_api_url": url})


@contextmanager
def mastodon() -> Iterator[Feed]:
    with MastodonApi(heartbeat_seconds=0.05) as api, Gate(api.port) as gate:
        yield Feed(gate, {"source": "mastodon", **api.settings, "mastodon_url": f"http://127.0.0.1:{gate.port}"})


@contextmanager
def bluesky() -> Iterator[Feed]:
    numbers = iter(range(1_000_000))
    with JetstreamHost() as host, Gate(host.port) as gate:
        settings = {"source": "bluesky", "bluesky_url": f"ws://127.0.0.1:{gate.port}"}
        yield Feed(gate, settings, lambda: host.log.publish(created(next(numbers))))


FEEDS = {
    SocketReceiver: tcp,
    WholeReceiver: http,
    TwitterReceiver: twitter,
    MastodonReceiver: mastodon,
    BlueskyReceiver: bluesky,
}


def told(caplog: pytest.LogCaptureFixture) -> list[Event]:
    """What receivers have said, without what is for who debugs."""
    records = [record for record in caplog.records if record.name.startswith(("receivers", __name__))]
    return [event_of(record) for record in records if record.levelno >= logging.INFO]


def until(is_so: Callable[[], bool], meanwhile: Callable[[], object] = lambda: None) -> None:
    deadline = time.monotonic() + BOUND_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        meanwhile()
        threading.Event().wait(0.01)


@pytest.mark.parametrize("kind", FEEDS, ids=lambda kind: kind.__name__)
def test_a_feed_that_is_away_for_several_tries_is_told_by_two_lines(
    kind: type[Receiver], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    heard = Heard()
    with FEEDS[kind]() as feed:
        receiver = kind(heard.parts(HurriedClock(), jobname="a", **feed.settings))
        with running(receiver):
            until(lambda: "feed connected" in [event.name for event in told(caplog)])
            feed.say()
            before = len(told(caplog))
            feed.gate.shut()
            until(lambda: feed.gate.turned_away >= TRIES)
            feed.gate.open()
            until(lambda: "feed back" in [event.name for event in told(caplog)], feed.say)
            until(lambda: any(is_closed for _, is_closed in heard.gaps), feed.say)
            away, back = told(caplog)[before:]
    peer = f"127.0.0.1:{feed.gate.port}"
    assert (away.name, away.fields["peer"]) == ("feed away", peer)
    assert {"why", "next", "in_seconds"} <= away.fields.keys()
    assert (back.name, back.fields["peer"]) == ("feed back", peer)
    tries = back.fields["tries"]
    assert isinstance(tries, int)
    assert tries > TRIES
    lines = [json.loads(JsonLines([]).format(record)) for record in caplog.records]
    assert [line["event"] for line in lines if line["event"] in ("feed away", "feed back")] == [away.name, back.name]


def test_a_feed_that_comes_and_goes_is_told_as_that_whatever_is_done_meanwhile(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    spool = KeptSpool(MastodonReceiver.key, 3_600)
    heard = Recorded(spool)
    heard.gap_lasted = 1.0
    with MastodonApi() as api:
        statuses = [("update", api.write(f"post {number}")) for number in range(FLAPS)]
        api.script.extend(says(status, then=SseStream.end) for status in statuses)
        with running(MastodonReceiver(heard.parts(HurriedClock(), jobname="a", source="mastodon", **api.settings))):
            until(lambda: len(api.stream_requests) > FLAPS)
        assert len(api.page_requests) >= FLAPS - 1
    spool.writer.close()
    events = [event.name for event in told(caplog) if event.name != "missed posts fetched"]
    assert events == ["feed connected", "feed away", "feed back", "feed comes and goes"]
    assert len(told(caplog)) == len(events) + 1


def test_a_refusal_of_another_kind_during_an_outage_is_a_line_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    answers = [until_left_of_refusal(status) for status in (503, 502, 404, 503, 404)]
    with Peer(*answers, until_left(b"HTTP/1.0 200 OK\r\n\r\nsomething")) as peer:
        settings = {"jobname": "a", "source": "own", "source_url": f"http://127.0.0.1:{peer.port}/"}
        heard = Heard()
        with running(WholeReceiver(heard.parts(HurriedClock(), **settings))):
            heard.wait_until(lambda: heard.events == [b"something"])
    assert [(event.name, event.fields.get("why")) for event in told(caplog)] == [
        ("feed away", f"127.0.0.1:{peer.port} answers 503"),
        ("feed away", f"127.0.0.1:{peer.port} answers 404"),
        ("feed back", None),
    ]


def until_left_of_refusal(status: int) -> Act:
    return until_left(b"HTTP/1.0 %d No\r\nContent-Length: 0\r\n\r\n" % status)


def test_bluesky_is_heard_from_another_host_is_one_line_and_no_outage(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    heard = Heard()
    with JetstreamHost(Scripted(hang_up_after={0: 1})) as one, JetstreamHost(log=one.log) as two:
        urls = f"{one.url},{two.url}"
        parts = heard.parts(HurriedClock(), jobname="a", source="bluesky", bluesky_url=urls)
        with running(BlueskyReceiver(parts)):
            until(lambda: len(one.subscriptions) == 1)
            one.log.publish(created(0))
            one.log.publish(created(1))
            until(lambda: len(told(caplog)) > 1)
    connected, another = told(caplog)
    assert (connected.name, connected.fields["peer"]) == ("feed connected", f"127.0.0.1:{one.port}")
    assert (another.name, another.fields["peer"]) == ("feed from another host", f"127.0.0.1:{two.port}")
    assert another.fields["was"] == f"127.0.0.1:{one.port}"
    assert another.fields["why"]


def test_bluesky_is_away_only_when_every_host_was_asked_in_vain(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ports = free_ports(3)
    urls = ",".join(f"ws://127.0.0.1:{port}" for port in ports)
    parts = Heard().parts(HurriedClock(), jobname="a", source="bluesky", bluesky_url=urls)
    with running(BlueskyReceiver(parts)):
        until(lambda: sum("feed tried in vain" in record.message for record in caplog.records) >= TRIES)
    (away,) = told(caplog)
    assert (away.name, away.fields["peer"]) == ("feed away", f"127.0.0.1:{ports[2]}")
    assert "one host after the other" in str(away.fields["next"])
