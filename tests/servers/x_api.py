"""X's API on loopback for tests: X's own answers, and every fault that a test asks for."""

import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Literal, Self

from operations.x_stand_in.server import KEEP_ALIVE_SECONDS, STREAM, Behaviour, XServer
from operations.x_stand_in.site import Answer, Request
from operations.x_stand_in.stream import StreamLost, XStream

BOUND_SECONDS = 60.0

Act = Callable[[XStream], None]
Step = Act | Answer


def refuse(status: int, body: dict[str, Any] | bytes, headers: dict[str, str] | None = None) -> Answer:
    """An entry of a script: this answer instead of a stream."""
    return Answer(status, body, headers or {})


def in_turn(*acts: Act) -> Act:
    """An entry of a script: these, one after the other."""

    def act(stream: XStream) -> None:
        for each in acts:
            each(stream)

    return act


class XApi:
    """A context manager; `url` is the API's address, without `/2`.

    Every request for the stream with a good token takes the next entry of `script`: a `refuse(…)`, or a callable that
    is given the `XStream`, which is ended properly when it returns. A request that X itself refuses (no rules, too
    many connections) takes none. When the script is used up, `then` plays; by default the stream is held open, with
    keep-alives. `post` and the others drive whatever stream is open, from the test's thread.
    """

    def __init__(
        self,
        *,
        script: Iterable[Step] = (),
        then: Step | None = None,
        rules: Iterable[dict[str, Any]] = (),
        token: str = "a-token-of-tests",
        connections: int = 1,
        gzip: bool = False,
        keep_alive_seconds: float = KEEP_ALIVE_SECONDS,
        port: int = 0,
    ) -> None:
        self.token = token
        self.requests: list[Request] = []
        self.keep_alive_seconds = keep_alive_seconds
        self._script = deque(script)
        self._then: Step = then or (lambda stream: stream.hold(self.keep_alive_seconds))
        self._refusals: dict[str, deque[Answer]] = {"stream": deque(), "rules": deque()}
        self._guard = threading.Lock()
        self._opened = threading.Condition()
        self._patience = BOUND_SECONDS
        self._server = XServer(
            socket.create_server(("127.0.0.1", port)),
            behaviour=_Scripted(self),
            rules=rules,
            token=token,
            connections=connections,
            gzip=gzip,
            patience=lambda: self._patience,
        )
        self.url = self._server.url
        self.port = self._server.port

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._patience = 0
        self._server.__exit__(kind, error, trace)

    @property
    def rules(self) -> list[dict[str, Any]]:
        """The rules there are, `{"id", "value", "tag"?}`; can be set, ids are made where there are none."""
        return [rule.body() for rule in self._server.rules.all()]

    @rules.setter
    def rules(self, rules: Iterable[dict[str, Any]]) -> None:
        self._server.rules.replace(rules)

    @property
    def connections(self) -> int:
        """Streams that were opened so far."""
        return self._server.admitted

    @property
    def stream_requests(self) -> list[Request]:
        """The requests for the stream, whatever became of them."""
        return [request for request in self.requests if request.path == STREAM]

    def post(self, event: dict[str, Any] | bytes) -> None:
        """Send an event to the open stream, or the next one."""
        self._do(lambda stream: stream.post(event))

    def raw(self, data: bytes) -> None:
        """Send these bytes of the body in a chunk of their own."""
        self._do(lambda stream: stream.raw(data))

    def stall(self) -> None:
        """No more keep-alives on the open stream."""
        self._do(XStream.be_silent)

    def drop(self, reset: bool = False) -> None:
        """Break the open stream off without its end. With `reset` what the client has not read may be lost."""
        self._do(lambda stream: stream.drop(reset))

    def end(self) -> None:
        """End the open stream properly."""
        self._do(XStream.end)

    def refuse_next(
        self,
        status: int,
        body: dict[str, Any] | bytes,
        headers: dict[str, str] | None = None,
        times: int = 1,
        of: Literal["stream", "rules"] = "stream",
    ) -> None:
        """Answer so to the next requests, before any script; `of`: those for the stream, or those for its rules."""
        self._refusals[of].extend([refuse(status, body, headers)] * times)

    def wait_for_stream(self) -> XStream:
        """The open stream, as soon as there is one. Raises: TimeoutError: after 60 s."""
        with self._opened:
            streams = self._opened.wait_for(self._server.open_streams, BOUND_SECONDS)
        if not streams:
            raise TimeoutError("nobody has connected to the stream")
        return streams[-1]

    def refusal(self, request: Request) -> Answer | None:
        """For the server: an answer that a test asked for."""
        is_stream = request.path == STREAM
        with self._guard:
            if asked := self._refusals["stream" if is_stream else "rules"]:
                return asked.popleft()
            if is_stream and isinstance(entry := self._script[0] if self._script else self._then, Answer):
                if self._script:
                    self._script.popleft()
                return entry
        return None

    def play(self, stream: XStream) -> None:
        """For the server: a stream was opened."""
        with self._opened:
            self._opened.notify_all()
        with self._guard:
            entry = self._script.popleft() if self._script else self._then
        if not isinstance(entry, Answer):
            entry(stream)

    def _do(self, deed: Act) -> None:
        while True:
            try:
                return deed(self.wait_for_stream())
            except StreamLost:
                continue  # its client went at this moment: the next stream takes it


class _Scripted(Behaviour):
    def __init__(self, api: XApi) -> None:
        super().__init__()
        self._api = api

    def heard(self, request: Request) -> None:
        self._api.requests.append(request)

    def refusal(self, request: Request) -> Answer | None:
        return self._api.refusal(request)

    def play(self, stream: XStream) -> None:
        self._api.play(stream)
