"""A stream of bytes to events, one a line, in bounded memory."""

from receivers.bounded import BoundedEvent
from spool.segments import CutEvent


class LineSplitter:
    """Cuts bytes at LF; all else, CR too, belongs to the event.

    An event longer than `max_event_bytes` becomes a `CutEvent`.
    """

    def __init__(self, max_event_bytes: int) -> None:
        self._event = BoundedEvent(max_event_bytes)

    def feed(self, block: bytes) -> list[bytes | CutEvent]:
        """The events that end in this block."""
        *ended, rest = block.split(b"\n")
        events: list[bytes | CutEvent] = []
        for line in ended:
            self._event.add(line)
            events.append(self._event.take())
        self._event.add(rest)
        return events

    def finish(self) -> list[bytes | CutEvent]:
        """The event that no LF has ended, when the stream is over."""
        return [] if self._event.is_empty else [self._event.take()]
