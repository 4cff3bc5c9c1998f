"""What a stand-in of a streaming API is asked, what it answers, and who answers."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeVar

from operations.streaming_stand_in.open_stream import OpenStream

Stream = TypeVar("Stream", bound=OpenStream)


@dataclass(frozen=True)
class Request:
    """What a client asked. `headers` have small names; `json`: the parsed body, None where it is none."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    json: Any


@dataclass(frozen=True)
class Answer:
    """A whole response; a body of bytes is sent as it is."""

    status: int
    body: dict[str, Any] | bytes
    headers: dict[str, str] = field(default_factory=dict)


class Site(Protocol[Stream]):
    """What is served."""

    gzip: bool
    stream_headers: ClassVar[Mapping[str, str]]
    """Of the answer that is a stream."""

    def limits(self) -> dict[str, str]:
        """Headers of every answer, in small letters: what the client may still do."""

    def answer(self, request: Request) -> Answer | None:
        """The answer; None: the request is for a stream, ask `admit`."""

    def admit(
        self, request: Request, connection: socket.socket, compressed: bool, greet: Callable[[], None]
    ) -> Stream | Answer:
        """A new stream, after `greet` has sent the head of its response, or why there is none."""

    def play(self, stream: Stream) -> None:
        """Write the stream; it is over when this returns."""
