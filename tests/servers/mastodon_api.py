"""A Mastodon instance on loopback for tests: Mastodon's own answers, and every fault that a test asks for."""

import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from operations.mastodon_stand_in.server import HEARTBEAT_SECONDS, STREAMING, Behaviour, MastodonServer
from operations.mastodon_stand_in.statuses import Statuses
from operations.mastodon_stand_in.stream import Payload, SseStream
from operations.x_stand_in.site import Answer, Request

FIXTURES = Path(__file__).parents[1] / "fixtures" / "mastodon"
FRAMES = (FIXTURES / "streaming.sse").read_bytes()
QUOTE: dict[str, Any] = json.loads((FIXTURES / "quote.json").read_bytes())

Act = Callable[[SseStream], None]
Step = Act | Answer


def refuse(status: int, body: dict[str, Any] | bytes, headers: dict[str, str] | None = None) -> Answer:
    """An entry of a script: this answer instead of a stream."""
    return Answer(status, body, headers or {})


def says(*events: tuple[str, Payload] | bytes | Act, then: Act = SseStream.stall) -> Act:
    """A stream that sends these events (or bytes, or does that with the stream), and then does `then`."""

    def play(stream: SseStream) -> None:
        for event in events:
            if callable(event):
                event(stream)
            elif isinstance(event, bytes):
                stream.raw(event)
            else:
                stream.event(*event)
        then(stream)

    return play


class MastodonApi:
    """A context manager; `url` is the instance's address.

    Every request for a stream with a good token takes the next entry of `script`: a `refuse(…)`, or a callable that is
    given the stream, which is ended properly when it returns. When the script is used up, `then` plays; by default the
    stream is held open, with heartbeats. `refusals`: answers to the next requests for pages of a timeline.
    """

    def __init__(
        self,
        *,
        script: Iterable[Step] = (),
        then: Step | None = None,
        token: str = "a-token-of-tests",
        refusals: Iterable[Answer] = (),
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self.token = token
        self.requests: list[Request] = []
        self.script = deque(script)
        self._then: Step = then or (lambda stream: stream.hold(heartbeat_seconds))
        self._refusals = deque(refusals)
        self._guard = threading.Lock()
        self._patience = 60.0
        self._server = MastodonServer(
            socket.create_server(("127.0.0.1", 0)),
            behaviour=_Scripted(self),
            token=token,
            patience=lambda: self._patience,
        )
        self.url = self._server.url
        self.timelines = self._server.timelines
        self.statuses = Statuses(self.url)

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._patience = 0
        self._server.__exit__(kind, error, trace)

    @property
    def settings(self) -> dict[str, str]:
        """What a job needs to know."""
        return {"mastodon_url": self.url, "mastodon_token": self.token}

    @property
    def stream_requests(self) -> list[Request]:
        """The requests for streams, whatever became of them."""
        return [request for request in self.requests if request.path.startswith(STREAMING)]

    @property
    def page_requests(self) -> list[Request]:
        """Those for pages of timelines."""
        return [request for request in self.requests if not request.path.startswith(STREAMING)]

    def write(self, text: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON holds
        """A status that the instance has stored: its timelines have it; a stream has it where a script says so."""
        status = self.statuses.status(text, **fields)
        self.timelines.apply("update", status)
        return status

    def stores(self, name: str, payload: Payload) -> Act:
        """For a script: what the instance stores."""

        def act(_: SseStream) -> None:
            self.timelines.apply(name, payload)

        return act

    def tells(self, name: str, payload: Payload) -> Act:
        """For a script: what the instance stores and sends."""

        def act(stream: SseStream) -> None:
            self.timelines.apply(name, payload)
            stream.event(name, payload)

        return act

    def refusal(self, request: Request) -> Answer | None:
        """For the server: an answer that a test asked for."""
        with self._guard:
            if not request.path.startswith(STREAMING):
                return self._refusals.popleft() if self._refusals else None
            entry = self.script[0] if self.script else self._then
            if isinstance(entry, Answer):
                if self.script:
                    self.script.popleft()
                return entry
        return None

    def play(self, stream: SseStream) -> None:
        """For the server: a stream was opened."""
        with self._guard:
            entry = self.script.popleft() if self.script else self._then
        if not isinstance(entry, Answer):
            entry(stream)


class _Scripted(Behaviour):
    def __init__(self, api: MastodonApi) -> None:
        super().__init__()
        self._api = api

    def heard(self, request: Request) -> None:
        self._api.requests.append(request)

    def refusal(self, request: Request) -> Answer | None:
        return self._api.refusal(request)

    def play(self, stream: SseStream) -> None:
        self._api.play(stream)
