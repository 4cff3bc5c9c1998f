"""A feed that speaks like a streaming API: a server stands in for it, clients open streams, and hear events."""

import logging
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Generic, Self

from operations.feed_client import GRACE_SECONDS
from operations.feed_progress import Progress
from operations.interrupt import Interrupt
from operations.streaming_stand_in.open_stream import StreamLost
from operations.streaming_stand_in.site import Stream
from operations.streaming_stand_in.streaming import PATIENCE_SECONDS, StreamingServer

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.05
"""How often a player without clients looks for one."""


class StreamOutlet(ABC, Generic[Stream]):
    """Plays to whoever has a stream open; with nobody there it waits, so no event is missed.

    Guarantee: events are handed over in order; one that no client took whole is repeated to the next client. What lies
    unread in the buffers of a connection that breaks is lost with it.
    """

    def __init__(self, server: StreamingServer[Stream], interrupt: Interrupt, progress: Progress) -> None:
        self._server = server
        self._interrupt = interrupt
        self._progress = progress
        self._client: Stream | None = None
        self._progress.clients = 0
        self.url = server.url

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    @abstractmethod
    def hand_over(self, line: bytes, client: Stream) -> None:
        """Send what a line says; client: the oldest stream. Raises: StreamLost: nobody took it."""

    def send(self, events: list[bytes]) -> None:
        """See `Outlet`. The client sets the pace."""
        for line in events:
            self._interrupt.check()
            while not self._handed_over(line, self._wait_for_client()):
                pass

    def _wait_for_client(self) -> Stream:
        if self._present() is None:
            log.info("waiting for a client")
        while (client := self._present()) is None:
            self._interrupt.wait(LOOK_SECONDS)
        return client

    def _present(self) -> Stream | None:
        before, streams = self._client, self._server.open_streams()
        self._client = streams[0] if streams else None
        self._progress.clients = len(streams)
        if before not in (None, self._client):
            log.warning("client gone")
        if self._client not in (None, before):
            log.info("client connected")
        return self._client

    def _handed_over(self, line: bytes, client: Stream) -> bool:
        try:
            self.hand_over(line, client)
        except StreamLost as loss:
            log.warning("client dropped reason=%r", str(loss))
            self._client = None
            return False
        return True


def patience(interrupt: Interrupt) -> float:
    """Seconds for which a client may take nothing."""
    return GRACE_SECONDS if interrupt.requested else PATIENCE_SECONDS
