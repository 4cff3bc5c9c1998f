"""A feed that speaks like a Mastodon instance: clients open streams, hear events, and fetch what they missed."""

import logging
import socket

from operations.feed_progress import Progress
from operations.feed_stream import StreamOutlet, patience
from operations.interrupt import Interrupt
from operations.mastodon_stand_in.server import MastodonServer, addressed
from operations.mastodon_stand_in.statuses import Statuses
from operations.mastodon_stand_in.stream import Payload, SseStream
from operations.streaming_stand_in.open_stream import StreamLost

log = logging.getLogger(__name__)


class MastodonOutlet(StreamOutlet[SseStream]):
    """Plays to every stream that is about an event, and keeps the statuses for the timelines."""

    def __init__(self, listener: socket.socket, interrupt: Interrupt, progress: Progress) -> None:
        self._instance = MastodonServer(listener, patience=lambda: patience(interrupt))
        self._statuses = Statuses(self._instance.url)
        super().__init__(self._instance, interrupt, progress)

    def hand_over(self, line: bytes, client: SseStream) -> None:  # noqa: ARG002 - every stream that is about it
        """See `StreamOutlet`."""
        if (event := self._statuses.events(line)) is None:
            return
        name, payload = event
        status = self._instance.timelines.apply(name, payload)
        listeners = addressed(self._instance.open_streams(), status)
        taken = [self._took(stream, name, payload) for stream in listeners]
        if listeners and not any(taken):
            raise StreamLost("no client took it")

    def _took(self, stream: SseStream, name: str, payload: Payload) -> bool:
        try:
            stream.event(name, payload)
        except StreamLost as loss:
            log.warning("client dropped channel=%s reason=%r", stream.channel, str(loss))
            return False
        return True
