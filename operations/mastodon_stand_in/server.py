"""A stand-in for a Mastodon instance: its public streams and timelines.

https://docs.joinmastodon.org/methods/streaming; refusals as Mastodon words them
(https://github.com/mastodon/mastodon/blob/main/streaming/index.js, config/initializers/rack_attack.rb).
"""

import json
import socket
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from operations.mastodon_stand_in.stream import SseStream
from operations.mastodon_stand_in.timelines import PUBLIC, TAG, Timelines
from operations.streaming_stand_in.site import Answer, Request
from operations.streaming_stand_in.streaming import PATIENCE_SECONDS, Behaviour, StreamingServer

STREAMING = "/api/v1/streaming/"
CREDENTIALS = "/api/v1/apps/verify_credentials"
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


class MastodonServer(StreamingServer[SseStream]):
    """The instance."""

    stream_headers: ClassVar[Mapping[str, str]] = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}

    def __init__(
        self,
        listener: socket.socket,
        *,
        behaviour: Behaviour[SseStream] | None = None,
        token: str | None = None,
        patience: Callable[[], float] = lambda: PATIENCE_SECONDS,
    ) -> None:
        super().__init__(listener, behaviour or Behaviour(HEARTBEAT_SECONDS), token, patience)
        self.timelines = Timelines()

    def limits(self) -> dict[str, str]:
        """See `Site`."""
        reset = datetime.fromtimestamp(time.time() + WINDOW_SECONDS, UTC).isoformat(timespec="microseconds")
        return {
            "x-ratelimit-limit": str(REQUESTS_PER_WINDOW),
            "x-ratelimit-remaining": str(REQUESTS_PER_WINDOW - 1),
            "x-ratelimit-reset": reset.replace("+00:00", "Z"),
        }

    def refuse_token(self, request: Request) -> Answer:
        """See `StreamingServer`."""
        streaming = INVALID_TOKEN if request.headers.get("authorization") else MISSING_TOKEN
        return Answer(401, streaming if request.path.startswith(STREAMING) else NO_TOKEN_OF_OURS)

    def reply(self, request: Request) -> Answer | None:
        """See `StreamingServer`."""
        if request.path == PUBLIC or request.path.startswith(TAG):
            page = self.timelines.page(request.path, request.query)
            return Answer(200, json.dumps(page, ensure_ascii=False).encode())
        if request.path == CREDENTIALS:
            return Answer(200, {"name": "stand-in"})
        channel = request.path.removeprefix(STREAMING)
        if channel not in CHANNELS:
            return Answer(400, UNKNOWN_CHANNEL) if request.path.startswith(STREAMING) else Answer(404, NOT_FOUND)
        return Answer(400, NO_TAG) if channel == "hashtag" and not request.query.get("tag") else None

    def make_stream(self, request: Request, connection: socket.socket, compressed: bool) -> SseStream:
        """See `StreamingServer`."""
        return SseStream(request, connection, compressed, self._patience)


def addressed(streams: list[SseStream], status: dict[str, Any] | None) -> list[SseStream]:
    """Those whose channel tells of that status."""
    return [stream for stream in streams if stream.is_about(status)]
