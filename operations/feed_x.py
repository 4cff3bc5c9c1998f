"""A feed that speaks like X's API: clients set rules, connect to the filtered stream, and hear posts."""

import logging
import socket
from types import TracebackType
from typing import Self

from operations.feed_client import GRACE_SECONDS
from operations.feed_progress import Progress
from operations.interrupt import Interrupt
from operations.x_stand_in.posts import Posts
from operations.x_stand_in.server import PATIENCE_SECONDS, XServer
from operations.x_stand_in.stream import StreamLost, XStream

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.05
"""How often a player without clients looks for one."""


class XOutlet:
    """Plays to the one client that is connected to the stream; with nobody there it waits, so no event is missed.

    Guarantee: events are handed over in order; one that the client did not take whole is repeated to the next client.
    What lies unread in the buffers of a connection that breaks is lost with it.
    """

    def __init__(self, listener: socket.socket, interrupt: Interrupt, progress: Progress) -> None:
        self._interrupt = interrupt
        self._progress = progress
        self._posts = Posts()
        self._server = XServer(listener, patience=self._patience)
        self.url = self._server.url
        self._client: XStream | None = None
        self._progress.clients = 0

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    def send(self, events: list[bytes]) -> None:
        """See `Outlet`. The client sets the pace."""
        for line in events:
            self._interrupt.check()
            while not self._handed_over(line, self._wait_for_client()):
                pass

    def _wait_for_client(self) -> XStream:
        if self._present() is None:
            log.info("waiting for a client")
        while (client := self._present()) is None:
            self._interrupt.wait(LOOK_SECONDS)
        return client

    def _present(self) -> XStream | None:
        before, streams = self._client, self._server.open_streams()
        self._client = streams[0] if streams else None
        self._progress.clients = len(streams)
        if before not in (None, self._client):
            log.warning("client gone")
        if self._client not in (None, before):
            log.info("client connected rules=%s", len(self._server.rules.all()))
        return self._client

    def _handed_over(self, line: bytes, client: XStream) -> bool:
        try:
            if event := self._posts.event(line, self._server.rules.all()):
                client.post(event)
        except StreamLost as loss:
            log.warning("client dropped reason=%r", str(loss))
            self._client = None
            return False
        return True

    def _patience(self) -> float:
        return GRACE_SECONDS if self._interrupt.requested else PATIENCE_SECONDS
