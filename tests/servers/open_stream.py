"""The stream of a stand-in of Mastodon on which a test's own thread speaks."""

import threading

from operations.mastodon_stand_in.server import HEARTBEAT_SECONDS
from operations.mastodon_stand_in.stream import SseStream

BOUND_SECONDS = 60.0


class OpenStream:
    """`MastodonApi(then=open_stream.play)`: each stream is held, the newest is the one to speak on."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._stream: SseStream | None = None
        self.opened = 0
        """Streams so far."""

    def play(self, stream: SseStream) -> None:
        """For the stand-in: a stream was opened."""
        with self._changed:
            self._stream = stream
            self.opened += 1
            self._changed.notify_all()
        stream.hold(HEARTBEAT_SECONDS)

    def now(self) -> SseStream | None:
        """The open stream; None where nobody listens."""
        stream = self._stream
        return None if stream is None or stream.over.is_set() or stream.gone() else stream

    def wait(self, seconds: float = BOUND_SECONDS) -> SseStream:
        """The open stream, or the next one. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.now() is not None, seconds) or self._stream is None:
                raise TimeoutError(f"nobody asked for a stream within {seconds:g} s")
            return self._stream
