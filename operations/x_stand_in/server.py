"""A stand-in for the part of X's API that a filtered stream needs: its rules, and the stream.

https://docs.x.com/x-api/posts/filtered-stream/introduction
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, Self

from operations.x_stand_in.http import Server
from operations.x_stand_in.problems import NO_RULES, NOT_FOUND, TOO_MANY_CONNECTIONS, UNAUTHORIZED, invalid_request
from operations.x_stand_in.rules import MOST_RULES, RuleStore, is_rule
from operations.x_stand_in.site import Answer, Request
from operations.x_stand_in.stream import XStream

STREAM = "/2/tweets/search/stream"
RULES = f"{STREAM}/rules"
KEEP_ALIVE_SECONDS = 20.0
PATIENCE_SECONDS = 30.0
CONNECTS_PER_WINDOW = 50
WINDOW_SECONDS = 900
"""What X allows; here it is only told, never counted."""


@dataclass
class Behaviour:
    """What the stand-in does with a stream, and what it does before X would answer. This one: what X does."""

    keep_alive_seconds: float = KEEP_ALIVE_SECONDS

    def heard(self, request: Request) -> None:
        """Every request, first of all."""

    def refusal(self, request: Request) -> Answer | None:  # noqa: ARG002 - for others
        """An answer in place of X's own to a request with a good token."""
        return None

    def play(self, stream: XStream) -> None:
        """Called in a thread of its own for each stream; the stream is ended when this returns."""
        stream.hold(self.keep_alive_seconds)


class XServer:
    """Answers at a listening socket while it is entered; leaving ends the open streams in order.

    `token` None takes any; `connections`: how many streams may be open at once; `gzip`: compress a stream for
    clients that accept it; `patience`: seconds for which a client may take nothing. `admitted` counts the streams.
    """

    stream_headers: ClassVar[Mapping[str, str]] = {"Content-Type": "application/json; charset=utf-8"}

    def __init__(
        self,
        listener: socket.socket,
        *,
        behaviour: Behaviour | None = None,
        rules: Iterable[dict[str, Any]] = (),
        token: str | None = None,
        connections: int = 1,
        gzip: bool = False,
        patience: Callable[[], float] = lambda: PATIENCE_SECONDS,
    ) -> None:
        host, self.port = listener.getsockname()[:2]
        self.url = f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
        self.rules = RuleStore(rules)
        self._behaviour = behaviour or Behaviour()
        self.gzip = gzip
        self.admitted = 0
        self._token = token
        self._connections = connections
        self._patience = patience
        self._admission = threading.RLock()
        self._streams: list[XStream] = []
        self._server = Server(listener, self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        for stream in self.open_streams():
            stream.end()
        self._server.end_connections()
        self._thread.join()

    def open_streams(self) -> list[XStream]:
        """Those whose client is there, oldest first."""
        with self._admission:
            self._streams = [stream for stream in self._streams if not (stream.over.is_set() or stream.gone())]
            return list(self._streams)

    def answer(self, request: Request) -> Answer | None:
        """See `Site`."""
        self._behaviour.heard(request)
        if not self._knows(request.headers.get("authorization", "")):
            return Answer(401, UNAUTHORIZED)
        if refusal := self._behaviour.refusal(request):
            return refusal
        match request.method, request.path:
            case "GET", str(path) if path == STREAM:
                return None
            case "GET", str(path) if path == RULES:
                return self._list(request.query)
            case "POST", str(path) if path == RULES:
                return self._change(request.json, request.query.get("dry_run") == "true")
            case _:
                return Answer(404, NOT_FOUND)

    def limits(self) -> dict[str, str]:
        """See `Site`."""
        return {
            "x-rate-limit-limit": str(CONNECTS_PER_WINDOW),
            "x-rate-limit-remaining": str(CONNECTS_PER_WINDOW - 1),
            "x-rate-limit-reset": str(int(time.time()) + WINDOW_SECONDS),
        }

    def admit(
        self,
        request: Request,  # noqa: ARG002 - there is only one stream
        connection: socket.socket,
        compressed: bool,
        greet: Callable[[], None],
    ) -> XStream | Answer:
        """See `Site`."""
        with self._admission:
            if not self.rules.all():
                return Answer(409, NO_RULES)
            if len(self.open_streams()) >= self._connections:
                return Answer(429, TOO_MANY_CONNECTIONS)
            self.admitted += 1
            greet()
            stream = XStream(connection, compressed, self._patience)
            self._streams.append(stream)
            return stream

    def play(self, stream: XStream) -> None:
        """See `Behaviour`."""
        self._behaviour.play(stream)

    def _knows(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        return scheme == "Bearer" and bool(token.strip()) and self._token in (None, token.strip())

    def _list(self, query: dict[str, str]) -> Answer:
        start, most = query.get("pagination_token", "0"), query.get("max_results", str(MOST_RULES))
        if not (start.isdecimal() and most.isdecimal() and 1 <= int(most) <= MOST_RULES):
            return Answer(400, invalid_request(f"max_results must be 1 to {MOST_RULES}, pagination_token a next_token"))
        ids = query["ids"].split(",") if query.get("ids") else []
        return Answer(*self.rules.page(ids, int(start), int(most)))

    def _change(self, body: Any, dry_run: bool) -> Answer:  # noqa: ANN401 - whatever the client sent
        match body:
            case {"add": [_, *_] as rules} if all(is_rule(rule) for rule in rules):
                return Answer(*self.rules.add(rules, dry_run))
            case {"delete": {"ids": [_, *_] as ids}} if all(isinstance(rule_id, str) for rule_id in ids):
                return Answer(*self.rules.delete(ids, dry_run))
            case _:
                return Answer(400, invalid_request("the body must hold rules to add or ids to delete"))
