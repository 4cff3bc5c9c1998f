"""HTTP for stand-ins of streaming APIs: a thread for each connection, requests in, answers and streams out."""

import json
import socket
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from operations.streaming_stand_in.connections import HangUpServer
from operations.streaming_stand_in.site import Answer, Request, Site


class Server(HangUpServer):
    """Serves at a listening socket, which it closes in the end."""

    def __init__(self, listener: socket.socket, site: Site[Any]) -> None:
        super().__init__(listener.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.site = site

    def get_request(self) -> tuple[socket.socket, Any]:
        """As in the base; the listener's time-out is not the connection's."""
        connection, address = super().get_request()
        connection.setblocking(True)
        return connection, address


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._reply()

    def do_POST(self) -> None:
        self._reply()

    def _reply(self) -> None:
        request = self._request()
        answer = self.server.site.answer(request)
        if answer is None:
            self._stream(request)
        else:
            self._send(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing: whoever runs the server knows what it answers."""

    def _request(self) -> Request:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            parsed = json.loads(body)
        except (ValueError, RecursionError):
            parsed = None
        address = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, address.path, dict(parse_qsl(address.query)), headers, parsed)

    def _send(self, answer: Answer) -> None:
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self._head(
            answer.status,
            {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(body)), **answer.headers},
        )
        self.wfile.write(body)

    def _stream(self, request: Request) -> None:
        site = self.server.site
        compressed = site.gzip and "gzip" in self.headers.get("Accept-Encoding", "")
        headers = {**site.stream_headers, "Transfer-Encoding": "chunked"}
        if compressed:
            headers["Content-Encoding"] = "gzip"
        stream = site.admit(request, self.connection, compressed, lambda: self._head(200, headers))
        if isinstance(stream, Answer):
            self._send(stream)
            return
        self.close_connection = True
        try:
            site.play(stream)
        finally:
            self.close_connection = not stream.close()
            if stream.reset:  # here, since socketserver would end the connection in order first
                self.rfile.close()
                self.connection.close()

    def _head(self, status: int, headers: dict[str, str]) -> None:
        shown = self.server.site.limits() | {name.lower(): value for name, value in headers.items()}
        self.send_response(status)
        for name, value in shown.items():
            self.send_header(name, value)
        self.end_headers()
