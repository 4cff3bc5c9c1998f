"""A case count page on a loopback port that can go wrong in every way a web page can."""

import gzip
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Literal, Self

from operations.streaming_stand_in.connections import HangUpServer

Mode = Literal[
    "ok",
    "number_changed",
    "http_503",
    "hang",
    "trickle_headers",
    "trickle",
    "endless",
    "huge",
    "huge_redirect",
    "gzip_bomb",
    "cut_off",
    "redirect_loop",
    "challenge",
]

HUGE_BYTES = 1_000_000_000
REAL_NUMBER = 704_753_890
REAL_TIME = "April 13, 2024, 01:00 GMT"

_COUNTER = (
    '<div id="maincounter-wrap" style="margin-top:15px"><h1>{name}:</h1>'
    '<div class="maincounter-number"><span style="color:#aaa">{number} </span></div></div>'
)
CHALLENGE = "<html><head><title>Just a moment...</title></head><body>Cloudflare Ray ID: 704753890</body></html>"


def count_html(
    number: str, *, last_updated: str | None = REAL_TIME, title: str = "COVID - Coronavirus Statistics"
) -> str:
    """A page with the markup of worldometers.info/coronavirus: three counters of one id, and the text around them."""
    counters = {"Coronavirus Cases": number, "Deaths": "7,010,681", "Recovered": "675,619,811"}
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>COVID-19 Coronavirus Pandemic</h1>"
        + (f"<div>Last updated: {last_updated}</div>" if last_updated else "")
        + "".join(_COUNTER.format(name=name, number=value) for name, value in counters.items())
        + "<span>Active Cases</span><div>22,123,398</div></body></html>"
    )


class CountPage:
    """A context manager. While it is entered `url` answers as `mode` says; both `mode` and `number` may be set at will.

    `hits` counts the requests so far, `user_agents` holds what they called themselves. Mode number_changed shows one
    case more at each hit. Leaving ends every open connection, hanging ones included.
    """

    def __init__(self, *, mode: Mode = "ok", number: int = REAL_NUMBER) -> None:
        self.mode: Mode = mode
        self.number = number
        self.user_agents: list[str] = []
        self.closing = threading.Event()
        self._counting = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.page = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/coronavirus/"

    @property
    def hits(self) -> int:
        """Requests received so far, whatever became of them."""
        return len(self.user_agents)

    def count_hit(self, user_agent: str) -> int:
        """Note one request; returns the number of cases that it is to be shown."""
        with self._counting:
            self.user_agents.append(user_agent)
            if self.mode == "number_changed":
                self.number += 1
            return self.number

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.end_connections()
        self._thread.join()


class _Server(HangUpServer):
    page: CountPage


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        page = self.server.page
        number = page.count_hit(self.headers.get("User-Agent", ""))
        if page.mode in ("ok", "number_changed"):
            self._send(200, count_html(f"{number:,}").encode())
        else:
            _FAULTS[page.mode](self)

    def log_message(self, *_: object) -> None:
        """Say nothing: tests ask `hits`."""

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self._head(status, **{"Content_Length": str(len(body)), "Content_Type": "text/html", **headers})
        self.wfile.write(body)

    def _head(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def http_503(self) -> None:
        self._send(503, b"Service Unavailable")

    def hang(self) -> None:
        self.server.page.closing.wait()

    def trickle_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self._drip(b"x")

    def trickle(self) -> None:
        self._head(200, Content_Length="100000")
        self._drip(b" ")

    def endless(self) -> None:
        self._head(200)
        while not self.server.page.closing.is_set():
            self.wfile.write(b"<p>704,753,890</p>" * 1000)

    def huge(self) -> None:
        self._head(200, Content_Length=str(HUGE_BYTES))
        self._zeros()

    def huge_redirect(self) -> None:
        self._head(302, Location="/elsewhere", Content_Length=str(HUGE_BYTES))
        self._zeros()

    def gzip_bomb(self) -> None:
        self._send(200, gzip.compress(bytes(50_000_000)), Content_Encoding="gzip")

    def cut_off(self) -> None:
        body = count_html(f"{REAL_NUMBER:,}").encode()
        self._head(200, Content_Length=str(len(body)))
        self.wfile.write(body[:-20])

    def redirect_loop(self) -> None:
        self._send(302, b"", Location=self.path)

    def challenge(self) -> None:
        self._send(200, CHALLENGE.encode())

    def _drip(self, byte: bytes) -> None:
        while not self.server.page.closing.wait(0.01):
            self.wfile.write(byte)

    def _zeros(self) -> None:
        block = bytes(1_000_000)
        for _ in range(HUGE_BYTES // len(block)):
            self.wfile.write(block)


_FAULTS: dict[Mode, Callable[[_Handler], None]] = {
    "http_503": _Handler.http_503,
    "hang": _Handler.hang,
    "trickle_headers": _Handler.trickle_headers,
    "trickle": _Handler.trickle,
    "endless": _Handler.endless,
    "huge": _Handler.huge,
    "huge_redirect": _Handler.huge_redirect,
    "gzip_bomb": _Handler.gzip_bomb,
    "cut_off": _Handler.cut_off,
    "redirect_loop": _Handler.redirect_loop,
    "challenge": _Handler.challenge,
}
