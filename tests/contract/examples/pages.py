"""A feed that is polled, for the examples of a receiver that extends `receivers.polling.PollingReceiver`."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from itertools import chain, islice
from urllib.parse import parse_qsl, urlsplit

from operations.streaming_stand_in.connections import HangUpServer
from tests.contract.examples.base import Connection

Query = Mapping[str, str]
_PAGE = 3  # so that a few events take more than one


@contextmanager
def pages(
    connections: Sequence[Connection],
    goes_on: Callable[[Query], bool],
    page: Callable[[Sequence[bytes], bool], bytes],
    events: int = _PAGE,
) -> Iterator[str]:
    """The address of a feed on loopback: each TCP connection, kept alive over many requests, is one `Connection`.

    A page has so many events at the most. Behind the last it is empty or, where the connection hangs up, no answer.

    goes_on: of a request's query, whether it asks for what came after a place. page: the body of an answer, of its
    events and whether there are more; what no answer can carry, as bytes that are no JSON, may be put in other words.
    """
    script = iter(connections)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            self.said = next(script, Connection(()))
            self.left: Iterator[bytes] | None = None
            super().handle()

        def do_GET(self) -> None:
            if self.left is None:
                missed = self.said.missed if goes_on(dict(parse_qsl(urlsplit(self.path).query))) else ()
                self.left = chain(missed, self.said.says)
            found = list(islice(self.left, events))
            if not found and self.said.hangs_up:
                self.close_connection = True
                return
            body = page(found, len(found) == events)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: the checks look at the receiver."""

    with HangUpServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.end_connections()
