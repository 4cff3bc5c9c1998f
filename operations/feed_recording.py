"""A recording of `manage.py record` to play: its events, and when each of them is due."""

import logging
from collections.abc import Callable, Iterator
from itertools import tee
from pathlib import Path

from spool.segments import Message, Segment, decode

log = logging.getLogger(__name__)


def recorded(folder: Path, speed: float) -> tuple[Iterator[list[bytes]], Iterator[float]]:
    """Lines as `feed_lines.batches` has them, and the seconds after the start at which each is due.

    speed: 1: as it was heard; 10: ten times as fast; 0: all at once. Left out are events that were too long to be kept
    whole, blank ones (what was forgotten is blank), and messages that are no line. Raises OSError.
    """
    timed, once_more = tee(_messages(folder, _is_line))
    return ([(event.value or b"") + b"\n"] for event in timed), _due((event.sent_at for event in once_more), speed)


def recorded_messages(folder: Path, speed: float) -> tuple[Iterator[list[Message]], Iterator[float]]:
    """The same for a broker: messages with their keys, null values and line feeds too. Raises OSError."""
    timed, once_more = tee(_messages(folder, lambda _: True))
    return ([event] for event in timed), _due((event.sent_at for event in once_more), speed)


def has_segments(folder: Path) -> bool:
    """Whether there is anything to play."""
    return folder.is_dir() and any(Segment.of(path.name) for path in folder.iterdir())


def _messages(folder: Path, is_wanted: Callable[[Message], bool]) -> Iterator[Message]:
    segments = sorted(filter(None, (Segment.of(path.name) for path in folder.iterdir())), key=lambda each: each.id)
    left_out = 0
    for segment in segments:
        for line in decode((folder / segment.name).read_bytes()):
            if line.event.strip() and not line.is_cut and is_wanted(message := Message.of(line)):
                yield message
            else:
                left_out += 1
    if left_out:
        log.warning("events not played: blank, no line, or too long to be kept events=%s", left_out)


def _is_line(message: Message) -> bool:
    return bool(message.value and message.value.strip()) and b"\n" not in (message.value or b"")


def _due(heard_at: Iterator[int], speed: float) -> Iterator[float]:
    first: int | None = None
    for milliseconds in heard_at:
        first = milliseconds if first is None else first
        yield (milliseconds - first) / 1000 / speed if speed else 0.0
