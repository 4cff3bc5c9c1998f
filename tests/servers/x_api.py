"""X's API on loopback for tests: X's own answers, and every fault that a test asks for."""

import socket
from collections.abc import Callable, Iterable
from typing import Any, Literal

from operations.streaming_stand_in.open_stream import StreamLost
from operations.streaming_stand_in.site import Answer, Request
from operations.x_stand_in.server import KEEP_ALIVE_SECONDS, STREAM, XServer
from operations.x_stand_in.stream import XStream
from tests.servers.scripted import BOUND_SECONDS, Scripted, ScriptedApi, refuse

Act = Callable[[XStream], None]
Step = Act | Answer


def in_turn(*acts: Act) -> Act:
    """An entry of a script: these, one after the other."""

    def act(stream: XStream) -> None:
        for each in acts:
            each(stream)

    return act


class XApi(ScriptedApi[XStream]):
    """The API; `url` is without `/2`. script and then: see `Scripted`.

    A request that X itself refuses (no rules, too many connections) takes no entry of the script. `post` and the others
    drive whatever stream is open, from the test's thread.
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
        scripted = Scripted[XStream](lambda request: request.path == STREAM, keep_alive_seconds, script, then)
        self._x = XServer(
            socket.create_server(("127.0.0.1", port)),
            behaviour=scripted,
            rules=rules,
            token=token,
            connections=connections,
            gzip=gzip,
            patience=lambda: scripted.patience_seconds,
        )
        super().__init__(self._x, scripted)
        self.token = token
        self.keep_alive_seconds = keep_alive_seconds

    @property
    def rules(self) -> list[dict[str, Any]]:
        """The rules there are, `{"id", "value", "tag"?}`; can be set, ids are made where there are none."""
        return [rule.body() for rule in self._x.rules.all()]

    @rules.setter
    def rules(self, rules: Iterable[dict[str, Any]]) -> None:
        self._x.rules.replace(rules)

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
        asked = self._scripted.refused_streams if of == "stream" else self._scripted.refused_others
        asked.extend([refuse(status, body, headers)] * times)

    def wait_for_stream(self) -> XStream:
        """The open stream, as soon as there is one. Raises: TimeoutError: after 60 s."""
        with self._scripted.opened:
            streams = self._scripted.opened.wait_for(self._server.open_streams, BOUND_SECONDS)
        if not streams:
            raise TimeoutError("nobody has connected to the stream")
        return streams[-1]

    def _do(self, deed: Act) -> None:
        while True:
            try:
                return deed(self.wait_for_stream())
            except StreamLost:
                continue  # its client went at this moment: the next stream takes it
