"""A feed that speaks like X's API: clients set rules, connect to the filtered stream, and hear posts."""

import socket

from operations.feed_progress import Progress
from operations.feed_stream import StreamOutlet, patience
from operations.interrupt import Interrupt
from operations.x_stand_in.posts import Posts
from operations.x_stand_in.server import XServer
from operations.x_stand_in.stream import XStream


class XOutlet(StreamOutlet[XStream]):
    """Plays to the one client that X allows."""

    def __init__(self, listener: socket.socket, interrupt: Interrupt, progress: Progress) -> None:
        self._posts = Posts()
        self._x = XServer(listener, patience=lambda: patience(interrupt))
        super().__init__(self._x, interrupt, progress)

    def hand_over(self, line: bytes, client: XStream) -> None:
        """See `StreamOutlet`."""
        if event := self._posts.event(line, self._x.rules.all()):
            client.post(event)
