"""Stand-ins of streaming APIs that do what a test has written down: the script of their streams, and refusals."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from operations.streaming_stand_in.open_stream import OpenStream
from operations.streaming_stand_in.site import Answer, Request
from operations.streaming_stand_in.streaming import Behaviour, StreamingServer

BOUND_SECONDS = 60.0

Stream = TypeVar("Stream", bound=OpenStream)


def refuse(status: int, body: dict[str, Any] | bytes, headers: dict[str, str] | None = None) -> Answer:
    """An entry of a script: this answer instead of a stream."""
    return Answer(status, body, headers or {})


class Scripted(Behaviour[Stream]):
    """Keeps all requests. Every request for a stream with a good token takes the next entry of the script.

    An entry is a `refuse(…)`, or a callable that is given the stream, which is ended properly when it returns. When the
    script is used up, `then` plays; by default the stream is held open, with keep-alives. refusals: answers to the next
    requests for streams, before any script, and to those for anything else.
    """

    def __init__(
        self,
        is_of_stream: Callable[[Request], bool],
        keep_alive_seconds: float,
        script: Iterable[Callable[[Stream], None] | Answer],
        then: Callable[[Stream], None] | Answer | None,
    ) -> None:
        super().__init__(keep_alive_seconds)
        self.requests: list[Request] = []
        self.script = deque(script)
        self.refused_streams, self.refused_others = deque[Answer](), deque[Answer]()
        self.opened = threading.Condition()
        """A stream was opened."""
        self.patience_seconds = BOUND_SECONDS
        self._is_of_stream = is_of_stream
        self._then = then or (lambda stream: stream.hold(self.keep_alive_seconds))
        self._guard = threading.Lock()

    def heard(self, request: Request) -> None:
        """See `Behaviour`."""
        self.requests.append(request)

    def refusal(self, request: Request) -> Answer | None:
        """See `Behaviour`."""
        is_of_stream = self._is_of_stream(request)
        with self._guard:
            if asked := self.refused_streams if is_of_stream else self.refused_others:
                return asked.popleft()
            if is_of_stream and isinstance(entry := self.script[0] if self.script else self._then, Answer):
                if self.script:
                    self.script.popleft()
                return entry
        return None

    def play(self, stream: Stream) -> None:
        """See `Behaviour`."""
        with self.opened:
            self.opened.notify_all()
        with self._guard:
            entry = self.script.popleft() if self.script else self._then
        if not isinstance(entry, Answer):
            entry(stream)


class ScriptedApi(Generic[Stream]):
    """A context manager; `url` is where the server listens. Leaving waits for no client that takes nothing."""

    def __init__(self, server: StreamingServer[Stream], scripted: Scripted[Stream]) -> None:
        self.url, self.port = server.url, server.port
        self.requests = scripted.requests
        self._server = server
        self._scripted = scripted

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scripted.patience_seconds = 0
        self._server.__exit__(kind, error, trace)
