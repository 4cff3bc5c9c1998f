"""One open stream of server-sent events, as the instance's streaming server sees it."""

import json
import socket
from collections.abc import Callable
from typing import Any

from operations.streaming_stand_in.open_stream import OpenStream
from operations.streaming_stand_in.site import Request

Payload = dict[str, Any] | str
"""Of an event: a status, or a string."""

_PREFIX = "/api/v1/streaming/"


class SseStream(OpenStream):
    """Written as Mastodon does: `streamToHttp` in https://github.com/mastodon/mastodon/blob/main/streaming/index.js."""

    def __init__(
        self, request: Request, connection: socket.socket, compressed: bool, patience: Callable[[], float]
    ) -> None:
        super().__init__(connection, compressed, patience)
        self.channel = request.path.removeprefix(_PREFIX)
        self.tag = request.query.get("tag", "").lower()
        self.raw(b":)\n")

    def keep_alive(self) -> None:
        """Mastodon's heartbeat. Raises: StreamLost."""
        self.raw(b":thump\n")

    def event(self, name: str, payload: Payload) -> None:
        """An event; a delete has the id alone for its payload. Raises: StreamLost."""
        self.raw(frame(name, payload))

    def is_about(self, status: dict[str, Any] | None) -> bool:
        """Whether its channel tells of such a status; of one that is not known, None, every channel tells."""
        if status is None:
            return True
        is_local = "@" not in status["account"]["acct"]
        names = {tag["name"].lower() for tag in status["tags"]}
        is_its = {"public": True, "public/local": is_local, "public/remote": not is_local, "hashtag": self.tag in names}
        return is_its[self.channel]


def frame(name: str, payload: Payload) -> bytes:
    """The bytes of an event."""
    data = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return f"event: {name}\ndata: {data}\n\n".encode()
