"""A stand-in for a Mastodon instance: its public streams and timelines.

https://docs.joinmastodon.org/methods/streaming; refusals as Mastodon words them
(https://github.com/mastodon/mastodon/blob/main/streaming/index.js, config/initializers/rack_attack.rb).
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, ClassVar, Self

from operations.mastodon_stand_in.stream import SseStream
from operations.mastodon_stand_in.timelines import PUBLIC, TAG, Timelines
from operations.x_stand_in.http import Server
from operations.x_stand_in.server import PATIENCE_SECONDS
from operations.x_stand_in.site import Answer, Request
from operations.x_stand_in.stream import XStream

STREAMING = "/api/v1/streaming/"
CHANNELS = ("public", "public/local", "public/remote", "hashtag")
HEARTBEAT_SECONDS = 15.0
REQUESTS_PER_WINDOW = 300
WINDOW_SECONDS = 300
"""What Mastodon allows by default; here it is only told, never counted."""

MISSING_TOKEN = {"error": "Missing access token"}
INVALID_TOKEN = {"error": "Invalid access token"}
NO_TOKEN_OF_OURS = {"error": "The access token is invalid"}
UNKNOWN_CHANNEL = {"error": "Unknown channel requested"}
NO_TAG = {"error": "Missing tag name parameter"}
NOT_FOUND = {"error": "Not found"}


@dataclass
class Behaviour:
    """What the stand-in does with a stream, and before Mastodon would answer. This one: what Mastodon does."""

    heartbeat_seconds: float = HEARTBEAT_SECONDS

    def heard(self, request: Request) -> None:
        """Every request, first of all."""

    def refusal(self, request: Request) -> Answer | None:  # noqa: ARG002 - for others
        """An answer in place of Mastodon's own to a request with a good token."""
        return None

    def play(self, stream: SseStream) -> None:
        """Called in a thread of its own for each stream; the stream is ended when this returns."""
        stream.hold(self.heartbeat_seconds)


class MastodonServer:
    """Answers at a listening socket while it is entered; leaving ends the open streams in order.

    `token` None takes any; `patience`: seconds for which a client may take nothing.
    """

    stream_headers: ClassVar[Mapping[str, str]] = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    gzip = False

    def __init__(
        self,
        listener: socket.socket,
        *,
        behaviour: Behaviour | None = None,
        token: str | None = None,
        patience: Callable[[], float] = lambda: PATIENCE_SECONDS,
    ) -> None:
        host, self.port = listener.getsockname()[:2]
        self.url = f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
        self.timelines = Timelines()
        self._behaviour = behaviour or Behaviour()
        self._token = token
        self._patience = patience
        self._guard = threading.Lock()
        self._streams: list[SseStream] = []
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

    def open_streams(self) -> list[SseStream]:
        """Those whose client is there, oldest first."""
        with self._guard:
            self._streams = [stream for stream in self._streams if not (stream.over.is_set() or stream.gone())]
            return list(self._streams)

    def limits(self) -> dict[str, str]:
        """See `Site`."""
        reset = datetime.fromtimestamp(time.time() + WINDOW_SECONDS, UTC).isoformat(timespec="microseconds")
        return {
            "x-ratelimit-limit": str(REQUESTS_PER_WINDOW),
            "x-ratelimit-remaining": str(REQUESTS_PER_WINDOW - 1),
            "x-ratelimit-reset": reset.replace("+00:00", "Z"),
        }

    def answer(self, request: Request) -> Answer | None:
        """See `Site`."""
        self._behaviour.heard(request)
        is_stream = request.path.startswith(STREAMING)
        if not self._knows(authorization := request.headers.get("authorization", "")):
            streaming = INVALID_TOKEN if authorization else MISSING_TOKEN
            return Answer(401, streaming if is_stream else NO_TOKEN_OF_OURS)
        if refusal := self._behaviour.refusal(request):
            return refusal
        if request.path == PUBLIC or request.path.startswith(TAG):
            page = self.timelines.page(request.path, request.query)
            return Answer(200, json.dumps(page, ensure_ascii=False).encode())
        channel = request.path.removeprefix(STREAMING)
        if channel not in CHANNELS:
            return Answer(400, UNKNOWN_CHANNEL) if is_stream else Answer(404, NOT_FOUND)
        return Answer(400, NO_TAG) if channel == "hashtag" and not request.query.get("tag") else None

    def admit(
        self, request: Request, connection: socket.socket, compressed: bool, greet: Callable[[], None]
    ) -> XStream | Answer:
        """See `Site`."""
        with self._guard:
            greet()
            stream = SseStream(request, connection, compressed, self._patience)
            self._streams.append(stream)
            return stream

    def play(self, stream: XStream) -> None:
        """See `Behaviour`."""
        if isinstance(stream, SseStream):
            self._behaviour.play(stream)

    def _knows(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        return scheme == "Bearer" and bool(token.strip()) and self._token in (None, token.strip())


def addressed(streams: list[SseStream], status: dict[str, Any] | None) -> list[SseStream]:
    """Those whose channel tells of that status."""
    return [stream for stream in streams if stream.is_about(status)]
