"""A feed that speaks as Jetstream, Bluesky's feed, does: a client hears posts, and may ask for those that it missed."""

import logging
import socket
from types import TracebackType
from typing import Self

from operations.feed_client import GRACE_SECONDS
from operations.feed_progress import Progress
from operations.interrupt import Interrupt, Interrupted
from operations.jetstream_stand_in.event_log import EventLog
from operations.jetstream_stand_in.posts import Posts, utc_now
from operations.jetstream_stand_in.server import JetstreamServer

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.05
MOST_BEHIND = 5_000
"""How many events a client may be behind before the player waits for it."""


class BlueskyOutlet:
    """Plays to every client that is connected; with nobody there it waits.

    Guarantee: events are sent to each client in order. One that comes back with a cursor is sent what it missed, as far
    as it is still there: 36 hours, and 200,000 events.
    """

    def __init__(self, listener: socket.socket, interrupt: Interrupt, progress: Progress) -> None:
        self._interrupt = interrupt
        self._progress = progress
        self._posts = Posts()
        self._log = EventLog()
        self._server = JetstreamServer(listener, self._log)
        self.url = self._server.url
        self._progress.clients = 0

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._take_leave()
        self._server.__exit__(kind, error, trace)

    def send(self, events: list[bytes]) -> None:
        """See `Outlet`. The slowest client sets the pace."""
        for line in events:
            self._interrupt.check()
            self._wait_for_clients()
            if (event := self._posts.event(line, utc_now())) is not None:
                self._log.publish(event)

    def _wait_for_clients(self) -> None:
        is_said = False
        while (slowest := self._slowest()) is None or slowest < self._log.end - MOST_BEHIND:
            if slowest is None and not is_said:
                log.info("waiting for a client")
                is_said = True
            self._interrupt.wait(LOOK_SECONDS)

    def _slowest(self) -> int | None:
        positions = list(self._server.positions.values())
        if len(positions) != self._progress.clients:
            log.info("clients=%s", len(positions))
        self._progress.clients = len(positions)
        return min(positions, default=None)

    def _take_leave(self) -> None:
        """What was sent is on its way: let the clients take it."""
        waited = 0.0
        while waited < GRACE_SECONDS and (slowest := self._slowest()) is not None and slowest < self._log.end:
            waited += LOOK_SECONDS
            try:
                self._interrupt.wait(LOOK_SECONDS)
            except Interrupted:
                return
