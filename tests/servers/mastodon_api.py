"""A Mastodon instance on loopback for tests: Mastodon's own answers, and every fault that a test asks for."""

import json
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from operations.mastodon_stand_in.server import HEARTBEAT_SECONDS, STREAMING, MastodonServer
from operations.mastodon_stand_in.statuses import Statuses
from operations.mastodon_stand_in.stream import Payload, SseStream
from operations.streaming_stand_in.site import Answer, Request
from tests.servers.scripted import Scripted, ScriptedApi

FIXTURES = Path(__file__).parents[1] / "fixtures" / "mastodon"
FRAMES = (FIXTURES / "streaming.sse").read_bytes()
QUOTE: dict[str, Any] = json.loads((FIXTURES / "quote.json").read_bytes())

Act = Callable[[SseStream], None]
Step = Act | Answer


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


class MastodonApi(ScriptedApi[SseStream]):
    """An instance; script and then: see `Scripted`. refusals: answers to the next requests for pages of a timeline."""

    def __init__(
        self,
        *,
        script: Iterable[Step] = (),
        then: Step | None = None,
        token: str = "a-token-of-tests",
        refusals: Iterable[Answer] = (),
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        scripted = Scripted[SseStream](_is_of_stream, heartbeat_seconds, script, then)
        server = MastodonServer(
            socket.create_server(("127.0.0.1", 0)),
            behaviour=scripted,
            token=token,
            patience=lambda: scripted.patience_seconds,
        )
        super().__init__(server, scripted)
        self.token = token
        self.script = scripted.script
        self.refusals = scripted.refused_others
        self.refusals.extend(refusals)
        self.timelines = server.timelines
        self.statuses = Statuses(self.url)

    @property
    def settings(self) -> dict[str, str]:
        """What a job needs to know."""
        return {"mastodon_url": self.url, "mastodon_token": self.token}

    @property
    def stream_requests(self) -> list[Request]:
        """The requests for streams, whatever became of them."""
        return [request for request in self.requests if _is_of_stream(request)]

    @property
    def page_requests(self) -> list[Request]:
        """Those for pages of timelines."""
        return [request for request in self.requests if not _is_of_stream(request)]

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


def _is_of_stream(request: Request) -> bool:
    return request.path.startswith(STREAMING)
