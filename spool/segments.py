"""The segment format: what a file of the spool is called, and what a line of it holds.

A closed segment is `<id>.<lines>.<bytes>.<duplicates>.segment`, an open one `.<id>.open`; Spark's file source passes
over names that begin with a dot. A line is 12 digits (its number in the segment, from 0), 13 digits (when it was heard,
milliseconds since 1970), a flag, the event's bytes as received, LF. Flag `!` marks an event of which only the start was
kept: 16 digits (its whole length) and 64 hex digits (SHA-256 of the whole) stand before its bytes. Flag `-` marks an
event that was forgotten (`spool.forgetting`): blanks stand in the place of its bytes. Flag `+` marks a message that is
more than its bytes, holds LF or is blank: its key and its value stand there in Base64, `-` for null, a comma between.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

SUFFIX = ".segment"
HEADER_BYTES = 26
FORGOTTEN = b"-"
MESSAGE = b"+"
_NULL = b"-"
_CLOSED = re.compile(r"^(?P<id>[0-9A-Za-z-]+)\.(?P<lines>\d+)\.(?P<bytes>\d+)\.(?P<duplicates>\d+)\.segment$")
_OPEN = re.compile(r"^\.(?P<id>[0-9A-Za-z-]+)\.open$")


@dataclass(frozen=True)
class Segment:
    """A closed segment, as its name tells. bytes: of the whole file; duplicates: events dropped while it was open."""

    id: str
    lines: int
    bytes: int
    duplicates: int = 0

    @property
    def name(self) -> str:
        """The file's name."""
        return f"{self.id}.{self.lines}.{self.bytes}.{self.duplicates}{SUFFIX}"

    @classmethod
    def of(cls, name: str) -> Self | None:
        """The segment of that file name, None where it is none."""
        if (match := _CLOSED.match(name)) is None:
            return None
        return cls(match["id"], int(match["lines"]), int(match["bytes"]), int(match["duplicates"]))


@dataclass(frozen=True)
class CutEvent:
    """An event longer than may be kept. start: its first bytes; length and sha256 (hex): of the whole."""

    start: bytes
    length: int
    sha256: str


@dataclass(frozen=True)
class Message:
    """What a broker keeps. value: null in a tombstone; sent_at: the broker's time of it, milliseconds since 1970."""

    key: bytes | None
    value: bytes | None
    sent_at: int

    @classmethod
    def of(cls, line: "Line") -> Self:
        """The message that the line holds."""
        if not line.is_message:
            return cls(None, line.event, line.heard_at)
        key, value = (None if each == _NULL else b64decode(each) for each in line.event.split(b","))
        return cls(key, value, line.heard_at)


Event = bytes | CutEvent | Message
"""What a line can hold."""


class Line(NamedTuple):
    """A line of a segment. heard_at: milliseconds since 1970. event: its start only, behind length and hash, if is_cut.

    Where it is a message (`Message.of`) with a key, or whose value is null, blank or holds LF, event is not its value.
    """

    number: int
    heard_at: int
    is_cut: bool
    event: bytes
    is_message: bool = False


def closed_bytes(names: Iterable[str]) -> int:
    """How many bytes the closed segments among these files have: what waits to be stored."""
    return sum(segment.bytes for segment in map(Segment.of, names) if segment)


def open_name(segment_id: str) -> str:
    """The name of a segment while it is written."""
    return f".{segment_id}.open"


def open_id(name: str) -> str | None:
    """The id of the open segment of that name, None where it is none."""
    match = _OPEN.match(name)
    return match["id"] if match else None


def encode(events: Sequence[Event], first: int, heard_at: int) -> bytes:
    """The lines of some events. first: the number of the first line; heard_at: milliseconds since 1970.

    Raises ValueError for an event that holds LF: its receiver must frame it anew.
    """
    block = b"".join(
        b"%012d%013d %b\n" % (number, heard_at, event)
        if isinstance(event, bytes)
        else b"%012d%013d!%016d%b%b\n" % (number, heard_at, event.length, event.sha256.encode(), event.start)
        if isinstance(event, CutEvent)
        else b"%012d%013d%b\n" % (number, event.sent_at, _flagged(event))
        for number, event in enumerate(events, first)
    )
    if block.count(b"\n") != len(events):
        raise ValueError("an event with a line feed in it cannot be a line of a segment")
    return block


def _flagged(message: Message) -> bytes:
    if message.key is None and message.value and message.value.strip() and b"\n" not in message.value:
        return b" " + message.value
    return MESSAGE + b",".join(_NULL if each is None else b64encode(each) for each in (message.key, message.value))


def decode(content: bytes) -> Iterator[Line]:
    """The lines of a segment; what is no line of one is passed over."""
    for line in content.split(b"\n"):
        if line[: HEADER_BYTES - 1].isdigit() and len(line) >= HEADER_BYTES:
            flag, event = line[HEADER_BYTES - 1 : HEADER_BYTES], line[HEADER_BYTES:]
            yield Line(int(line[:12]), int(line[12:25]), flag == b"!", event, flag == MESSAGE)
