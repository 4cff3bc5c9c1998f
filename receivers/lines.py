"""A stream of bytes to events, one a line, in bounded memory."""

import hashlib

from spool.segments import CutEvent


class LineSplitter:
    """Cuts bytes at LF; all else, CR too, belongs to the event.

    An event longer than `max_event_bytes` becomes a `CutEvent`: its start is kept, the rest only hashed and counted.
    """

    def __init__(self, max_event_bytes: int) -> None:
        self._max = max_event_bytes
        self._part = bytearray()  # grows in place, however small the pieces are
        self._long: _LongEvent | None = None

    def feed(self, block: bytes) -> list[bytes | CutEvent]:
        """The events that end in this block."""
        *ended, rest = block.split(b"\n")
        events: list[bytes | CutEvent] = []
        for line in ended:
            self._add(line)
            events.append(self._take())
        self._add(rest)
        return events

    def finish(self) -> list[bytes | CutEvent]:
        """The event that no LF has ended, when the stream is over."""
        return [self._take()] if self._part or self._long else []

    def _add(self, piece: bytes) -> None:
        if self._long is not None:
            self._long.add(piece)
            return
        self._part += piece
        if len(self._part) > self._max:
            self._long = _LongEvent(bytes(self._part), self._max)
            self._part.clear()

    def _take(self) -> bytes | CutEvent:
        if self._long is not None:
            event: bytes | CutEvent = self._long.cut()
            self._long = None
            return event
        line = bytes(self._part)
        self._part.clear()
        return line


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
