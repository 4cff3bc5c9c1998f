"""Server-sent events out of bytes, by https://html.spec.whatwg.org/multipage/server-sent-events.html, 9.2.5 and 9.2.6.

Own code, since the libraries for it (httpx-sse, Mastodon.py's listener, as of 2026) decode text before they split it,
hold a line without an end in memory, all of it, and do not show comments: Mastodon's signs of life.
"""

import re
from dataclasses import dataclass

from receivers.bounded import BoundedEvent
from spool.segments import CutEvent

_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n?|\n")
_LONGEST_NAME = 5  # of a field: event, data, id, retry
_LONGEST_VALUE = 4_096  # of a field that is not data


@dataclass(frozen=True)
class ServerEvent:
    """One event. data: its lines with LF between, or the start of them where they are too long. id: the last told."""

    name: str
    data: bytes | CutEvent
    id: str = ""


class EventStream:
    """The events of one connection, in bounded memory. An event that the end of the stream cuts off is none."""

    def __init__(self, max_data_bytes: int) -> None:
        self.retry_seconds: float | None = None
        """How long the server wants to be left alone when the connection ends; None where it has not said so."""
        self._begin: bytes | None = b""  # of the stream, until it is known whether a byte order mark stands there
        self._is_after_cr = False
        self._data = BoundedEvent(max_data_bytes)
        self._has_data = False
        self._name = self._id = b""
        self._field: bytes | None = None
        self._value = bytearray()
        self._is_at_value = False

    @property
    def has_begun(self) -> bool:
        """Whether an event has begun that has not ended."""
        return self._has_data or self._field is not None or bool(self._value)

    def feed(self, block: bytes) -> list[ServerEvent]:
        """The events that end in this block."""
        if self._begin is not None:
            block = self._begin + block
            if len(block) < len(_BOM) and _BOM.startswith(block):
                self._begin = block
                return []
            self._begin, block = None, block.removeprefix(_BOM)
        if self._is_after_cr and block:
            self._is_after_cr, block = False, block.removeprefix(b"\n")
        if not block:
            return []
        self._is_after_cr = block.endswith(b"\r")
        *ended, rest = _LINE_END.split(block)
        events = []
        for piece in ended:
            self._add(piece)
            if (event := self._end_line()) is not None:
                events.append(event)
        self._add(rest)
        return events

    def _add(self, piece: bytes) -> None:
        """More of the line: its field's name up to a colon, then the value, without one blank before it."""
        if self._field is None:
            self._value += piece
            name, colon, _ = bytes(self._value[: _LONGEST_NAME + 1]).partition(b":")
            if not colon and len(name) <= _LONGEST_NAME:
                return
            piece = bytes(self._value[len(name) + 1 :]) if colon else b""
            self._begin_value(name if colon else b"unknown")
        if piece and self._is_at_value:
            self._is_at_value = False
            piece = piece.removeprefix(b" ")
        if self._field == b"data":
            self._data.add(piece)
        elif self._field and len(self._value) < _LONGEST_VALUE:
            self._value += piece

    def _begin_value(self, name: bytes) -> None:
        self._field, self._is_at_value = name, True
        self._value.clear()
        if name == b"data":
            if self._has_data:
                self._data.add(b"\n")
            self._has_data = True

    def _end_line(self) -> ServerEvent | None:
        if self._field is None:
            if not self._value:
                return self._dispatch()
            self._begin_value(bytes(self._value))  # a name without a colon: its value is empty
        field, value = self._field, bytes(self._value)
        self._field = None
        self._value.clear()
        if field == b"event":
            self._name = value
        elif field == b"id" and b"\0" not in value:
            self._id = value
        elif field == b"retry" and value.isdigit():
            self.retry_seconds = int(value) / 1000
        return None

    def _dispatch(self) -> ServerEvent | None:
        name, self._name = self._name, b""
        has_data, self._has_data = self._has_data, False
        if not has_data:
            return None
        return ServerEvent(_text(name) or "message", self._data.take(), _text(self._id))


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
