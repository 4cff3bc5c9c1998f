"""A stand-in for the part of X's API that a filtered stream needs: its rules, and the stream.

https://docs.x.com/x-api/posts/filtered-stream/introduction
"""

import socket
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from operations.streaming_stand_in.site import Answer, Request
from operations.streaming_stand_in.streaming import PATIENCE_SECONDS, Behaviour, StreamingServer
from operations.x_stand_in.problems import NO_RULES, NOT_FOUND, TOO_MANY_CONNECTIONS, UNAUTHORIZED, invalid_request
from operations.x_stand_in.rules import MOST_RULES, RuleStore, is_rule
from operations.x_stand_in.stream import XStream

STREAM = "/2/tweets/search/stream"
RULES = f"{STREAM}/rules"
KEEP_ALIVE_SECONDS = 20.0
CONNECTS_PER_WINDOW = 50
WINDOW_SECONDS = 900
"""What X allows; here it is only told, never counted."""


class XServer(StreamingServer[XStream]):
    """The API. connections: how many streams may be open at once."""

    stream_headers: ClassVar[Mapping[str, str]] = {"Content-Type": "application/json; charset=utf-8"}

    def __init__(
        self,
        listener: socket.socket,
        *,
        behaviour: Behaviour[XStream] | None = None,
        rules: Iterable[dict[str, Any]] = (),
        token: str | None = None,
        connections: int = 1,
        gzip: bool = False,
        patience: Callable[[], float] = lambda: PATIENCE_SECONDS,
    ) -> None:
        super().__init__(listener, behaviour or Behaviour(KEEP_ALIVE_SECONDS), token, patience, gzip)
        self.rules = RuleStore(rules)
        self._connections = connections

    def limits(self) -> dict[str, str]:
        """See `Site`."""
        return {
            "x-rate-limit-limit": str(CONNECTS_PER_WINDOW),
            "x-rate-limit-remaining": str(CONNECTS_PER_WINDOW - 1),
            "x-rate-limit-reset": str(int(time.time()) + WINDOW_SECONDS),
        }

    def refuse_token(self, request: Request) -> Answer:  # noqa: ARG002 - whatever was asked
        """See `StreamingServer`."""
        return Answer(401, UNAUTHORIZED)

    def reply(self, request: Request) -> Answer | None:
        """See `StreamingServer`."""
        match request.method, request.path:
            case "GET", str(path) if path == STREAM:
                return None
            case "GET", str(path) if path == RULES:
                return self._list(request.query)
            case "POST", str(path) if path == RULES:
                return self._change(request.json, request.query.get("dry_run") == "true")
            case _:
                return Answer(404, NOT_FOUND)

    def refuse_stream(self) -> Answer | None:
        """See `StreamingServer`."""
        if not self.rules.all():
            return Answer(409, NO_RULES)
        if len(self.open_streams()) >= self._connections:
            return Answer(429, TOO_MANY_CONNECTIONS)
        return None

    def make_stream(self, request: Request, connection: socket.socket, compressed: bool) -> XStream:  # noqa: ARG002
        """See `StreamingServer`; there is only one stream."""
        return XStream(connection, compressed, self._patience)

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
