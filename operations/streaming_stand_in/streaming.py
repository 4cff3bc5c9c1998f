"""What stand-ins of streaming APIs have in common: how they start and end, and which streams are open."""

import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import ClassVar, Generic, Self

from operations.streaming_stand_in.http import Server
from operations.streaming_stand_in.site import Answer, Request, Stream

PATIENCE_SECONDS = 30.0


@dataclass
class Behaviour(Generic[Stream]):
    """What a stand-in does with a stream, and before the API would answer. This one: what the API does."""

    keep_alive_seconds: float

    def heard(self, request: Request) -> None:
        """Every request, first of all."""

    def refusal(self, request: Request) -> Answer | None:  # noqa: ARG002 - for others
        """An answer in place of the API's own to a request with a good token."""
        return None

    def play(self, stream: Stream) -> None:
        """Called in a thread of its own for each stream; the stream is ended when this returns."""
        stream.hold(self.keep_alive_seconds)


class StreamingServer(ABC, Generic[Stream]):
    """Answers at a listening socket while it is entered; leaving ends the open streams in order.

    `token` None takes any; `gzip`: compress a stream for clients that accept it; `patience`: seconds for which a client
    may take nothing. `admitted` counts the streams.
    """

    stream_headers: ClassVar[Mapping[str, str]]

    def __init__(
        self,
        listener: socket.socket,
        behaviour: Behaviour[Stream],
        token: str | None,
        patience: Callable[[], float],
        gzip: bool = False,
    ) -> None:
        host, self.port = listener.getsockname()[:2]
        self.url = f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
        self.gzip = gzip
        self.admitted = 0
        self._behaviour = behaviour
        self._token = token
        self._patience = patience
        self._admission = threading.RLock()
        self._streams: list[Stream] = []
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

    @abstractmethod
    def limits(self) -> dict[str, str]:
        """See `Site`."""

    @abstractmethod
    def refuse_token(self, request: Request) -> Answer:
        """The answer to a request without a token, or with another one."""

    @abstractmethod
    def reply(self, request: Request) -> Answer | None:
        """The answer to a request with a good token; None: it is for a stream."""

    @abstractmethod
    def make_stream(self, request: Request, connection: socket.socket, compressed: bool) -> Stream:
        """The stream that is asked for; the head of its response was sent."""

    def refuse_stream(self) -> Answer | None:
        """Why no stream can be opened now."""
        return None

    def open_streams(self) -> list[Stream]:
        """Those whose client is there, oldest first."""
        with self._admission:
            self._streams = [stream for stream in self._streams if not (stream.over.is_set() or stream.gone())]
            return list(self._streams)

    def answer(self, request: Request) -> Answer | None:
        """See `Site`."""
        self._behaviour.heard(request)
        if not self._knows(request.headers.get("authorization", "")):
            return self.refuse_token(request)
        return self._behaviour.refusal(request) or self.reply(request)

    def admit(
        self, request: Request, connection: socket.socket, compressed: bool, greet: Callable[[], None]
    ) -> Stream | Answer:
        """See `Site`."""
        with self._admission:
            if refusal := self.refuse_stream():
                return refusal
            self.admitted += 1
            greet()
            stream = self.make_stream(request, connection, compressed)
            self._streams.append(stream)
            return stream

    def play(self, stream: Stream) -> None:
        """See `Behaviour`."""
        self._behaviour.play(stream)

    def _knows(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        return scheme == "Bearer" and bool(token.strip()) and self._token in (None, token.strip())
