"""What a feed over HTTP may do to its receiver besides what every receiver is tried with; time is told."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from errors import CannotStart
from receivers.http_feed import HttpReceiver
from receivers.lines import LineSplitter
from tests.servers.heard import Heard
from tests.servers.scripted_http import Answer, refuse, serving
from tests.told_clock import ToldClock

TOKEN = "a-token-of-tests"


class LinesReceiver(HttpReceiver):
    silence_seconds = 0.2

    def hear(self, received: Iterator[bytes]) -> None:
        lines = LineSplitter(self.settings.max_event_bytes)
        for event in (event for block in received for event in lines.feed(block)):
            self.append(event)


def say(*lines: bytes, until: threading.Event | None = None) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for line in lines:
            request.wfile.write(line + b"\n")
        if until:
            until.wait()

    return answer


def made(heard: Heard, url: str, clock: ToldClock | None = None, **given: object) -> LinesReceiver:
    told = {"jobname": "a", "source": "own", "source_url": url, "source_token": TOKEN, **given}
    return LinesReceiver(heard.parts(clock or ToldClock(), **told))


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_no_start_and_the_message_names_the_setting_without_the_secret(status: int) -> None:
    with serving(refuse(status)) as (url, asked), pytest.raises(CannotStart, match=f"{status}.*SOURCE_TOKEN") as why:
        made(Heard(), url).receive()
    assert [request.headers["Authorization"] for request in asked] == [f"Bearer {TOKEN}"]
    assert TOKEN not in str(why.value)


def test_a_feed_that_is_away_is_asked_again_ever_later_until_the_start_s_time_is_over() -> None:
    clock, heard = ToldClock(), Heard()
    with serving() as (url, asked), pytest.raises(CannotStart, match=r"gave no feed within \d+ s: .* answers 503"):
        made(heard, url, clock, start_timeout_seconds=100).receive()
    assert clock.waits == [1, 2, 4, 8, 16, 32, 60]
    assert len(asked) == len(clock.waits) + 1
    assert heard.gaps == [(f"{url.split('/')[2]} answers 503", False)]


def test_a_feed_that_asks_to_be_left_alone_is_left_alone_for_so_long() -> None:
    clock, heard = ToldClock(), Heard()
    with serving(refuse(429, Retry_After="77"), refuse(503), say(b"one")) as (url, asked):
        made(heard, url, clock, available_now=True).receive()
    assert clock.waits == [77, 2]
    assert len(asked) == 3
    assert heard.events == [b"one"]


def test_a_connection_over_which_nothing_comes_is_cut_and_made_again() -> None:
    heard, left = Heard(), threading.Event()
    with serving(say(b"one", until=left), say(b"two", until=left)) as (url, asked):
        receiver = made(heard, url)
        receiver.start()
        heard.wait_until(lambda: heard.events == [b"one", b"two"])
        receiver.stop()
        left.set()
    assert heard.gaps[0] == ("nothing came in time, not even a sign of life", True)
    assert len(asked) >= 2


def test_with_available_now_a_feed_that_is_away_at_the_start_is_waited_for_and_one_that_ends_is_over() -> None:
    heard = Heard()
    with serving(refuse(503), say(b"one", b"two\r")) as (url, asked):
        made(heard, url, available_now=True).receive()
    assert heard.events == [b"one", b"two\r"]
    assert len(asked) == 2
