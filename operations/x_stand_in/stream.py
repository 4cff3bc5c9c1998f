"""One open connection to the filtered stream, as X's server sees it."""

import json
from typing import Any

from operations.streaming_stand_in.open_stream import OpenStream


class XStream(OpenStream):
    """A line for each event, https://docs.x.com/x-api/fundamentals/consuming-streaming-data."""

    def post(self, event: dict[str, Any] | bytes) -> None:
        """An event and its line end, in a chunk of its own. Raises: StreamLost."""
        body = event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
        self.raw(body + b"\r\n")

    def keep_alive(self) -> None:
        """What X sends when it has nothing to say. Raises: StreamLost."""
        self.raw(b"\r\n")
