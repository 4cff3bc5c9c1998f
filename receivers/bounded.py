"""An event that comes in pieces, in bounded memory."""

import hashlib

from spool.segments import CutEvent


class BoundedEvent:
    """The pieces of one event after the other.

    One longer than `max_bytes` becomes a `CutEvent`: its start is kept, the rest only hashed and counted.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max = max_bytes
        self._part = bytearray()  # grows in place, however small the pieces are
        self._long: _LongEvent | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing has come since the last event was taken."""
        return not (self._part or self._long)

    def add(self, piece: bytes) -> None:
        """More of the event."""
        if self._long is not None:
            self._long.add(piece)
            return
        self._part += piece
        if len(self._part) > self._max:
            self._long = _LongEvent(bytes(self._part), self._max)
            self._part.clear()

    def take(self) -> bytes | CutEvent:
        """The event is whole; what is added from now on belongs to the next one."""
        if self._long is not None:
            event: bytes | CutEvent = self._long.cut()
            self._long = None
            return event
        line = bytes(self._part)
        self._part.clear()
        return line


def bounded(event: bytes, max_bytes: int) -> bytes | CutEvent:
    """An event that came whole, as if it had come in pieces."""
    pieces = BoundedEvent(max_bytes)
    pieces.add(event)
    return pieces.take()


def on_one_line(event: bytes | CutEvent) -> bytes | CutEvent:
    """The event as a line of the spool: a blank for each line feed, which means the same between values of JSON."""
    if isinstance(event, bytes):
        return event.replace(b"\n", b" ")
    return CutEvent(event.start.replace(b"\n", b" "), event.length, event.sha256)


class _LongEvent:
    def __init__(self, beginning: bytes, keep: int) -> None:
        self._start = beginning[:keep]
        self._length = 0
        self._hash = hashlib.sha256()
        self.add(beginning)

    def add(self, piece: bytes) -> None:
        self._length += len(piece)
        self._hash.update(piece)

    def cut(self) -> CutEvent:
        return CutEvent(self._start, self._length, self._hash.hexdigest())
