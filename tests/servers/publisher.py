"""A publisher of numbers on a loopback port: a body, its versions, and how it is sent."""

import gzip
import threading
from email.message import Message
from http.server import BaseHTTPRequestHandler
from typing import Literal, Self

from operations.streaming_stand_in.connections import HangUpServer

Way = Literal["whole", "gzip", "chunked", "until_the_end", "cut_off", "cut_off_in_gzip", "cut_off_in_chunks"]


class Publisher:
    """A context manager. While it is entered `url` answers with `body`, in the `way` told; all may be set at will.

    etag, last_modified: named in each answer, None: not. Who asks for another version than that is answered 304, as
    https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2 has it. `asked` holds the headers of each request, `statuses`
    what was answered.
    """

    def __init__(self, body: bytes, content_type: str = "text/csv") -> None:
        self.body = body
        self.content_type = content_type
        self.way: Way = "whole"
        self.etag: str | None = None
        self.last_modified: str | None = None
        self.asked: list[Message] = []
        self.statuses: list[int] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.publisher = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/count"

    def has_version(self, headers: Message) -> bool:
        """Whether who asks with these headers has what would be sent."""
        if (wanted := headers.get("If-None-Match")) is not None:
            return self.etag is not None and self.etag in wanted
        since = headers.get("If-Modified-Since")
        return since is not None and since == self.last_modified

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._server.end_connections()
        self._thread.join()


class _Server(HangUpServer):
    publisher: Publisher


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        publisher = self.server.publisher
        publisher.asked.append(self.headers)
        is_known = publisher.has_version(self.headers)
        publisher.statuses.append(304 if is_known else 200)
        self.send_response(publisher.statuses[-1])
        for name, value in (("ETag", publisher.etag), ("Last-Modified", publisher.last_modified)):
            if value is not None:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        if is_known:
            self.end_headers()
        else:
            self._send(publisher)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing: tests ask `asked`."""

    def _send(self, publisher: Publisher) -> None:
        way, body = publisher.way, publisher.body
        if "gzip" in way:
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        if "chunk" in way:
            self.send_header("Transfer-Encoding", "chunked")
            half = len(body) // 2
            pieces = [body[:half], body[half:]]
            body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"
        elif way != "until_the_end":
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", publisher.content_type)
        self.end_headers()
        self.wfile.write(body[: -(len(body) // 3)] if way.startswith("cut_off") else body)
