"""What a feed over HTTP may do to its receiver besides what every receiver is tried with; time is told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest

from errors import CannotStart
from operations.x_stand_in.connections import HangUpServer
from receivers.http_feed import HttpReceiver
from receivers.lines import LineSplitter
from tests.servers.heard import Heard
from tests.told_clock import ToldClock

TOKEN = "a-token-of-tests"
Answer = Callable[[BaseHTTPRequestHandler], None]


class LinesReceiver(HttpReceiver):
    silence_seconds = 0.2

    def hear(self, received: Iterator[bytes]) -> None:
        lines = LineSplitter(self.settings.max_event_bytes)
        for event in (event for block in received for event in lines.feed(block)):
            self.append(event)


def refuse(status: int) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


def say(*lines: bytes, until: threading.Event | None = None) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for line in lines:
            request.wfile.write(line + b"\n")
        if until:
            until.wait()

    return answer


@contextmanager
def serving(*answers: Answer) -> Iterator[tuple[str, list[str | None]]]:
    """An address that gives these answers in turn, and how each who asked for one was authorised."""
    script, asked = iter(answers), list[str | None]()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Authorization"])
            next(script, refuse(503))(self)

        def log_message(self, *_: object) -> None:
            """Say nothing: tests ask `asked`."""

    with HangUpServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/feed", asked
        server.shutdown()
        server.end_connections()


def made(heard: Heard, url: str, clock: ToldClock | None = None, **given: object) -> LinesReceiver:
    told = {"jobname": "a", "source": "own", "source_url": url, "source_token": TOKEN, **given}
    return LinesReceiver(heard.parts(clock or ToldClock(), **told))


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_no_start_and_the_message_names_the_setting_without_the_secret(status: int) -> None:
    with serving(refuse(status)) as (url, asked), pytest.raises(CannotStart, match=f"{status}.*SOURCE_TOKEN") as why:
        made(Heard(), url).receive()
    assert asked == [f"Bearer {TOKEN}"]
    assert TOKEN not in str(why.value)


def test_a_feed_that_is_away_is_asked_again_ever_later_until_the_start_s_time_is_over() -> None:
    clock, heard = ToldClock(), Heard()
    with serving() as (url, asked), pytest.raises(CannotStart, match=r"gave no feed within \d+ s: .* answers 503"):
        made(heard, url, clock, start_timeout_seconds=100).receive()
    assert clock.waits == [1, 2, 4, 8, 16, 32, 60]
    assert len(asked) == len(clock.waits) + 1
    assert heard.gaps == [(f"{url.split('/')[2]} answers 503", False)]


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
