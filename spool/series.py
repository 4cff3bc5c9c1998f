"""The segments of one run, one after the other."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from spool.bookmark import Bookmark
from spool.files import Folder
from spool.open_segment import OpenSegment
from spool.repeats import Repeats
from spool.segments import Event, Segment, encode


class SegmentSeries:
    """Events into lines, lines into segments; for one thread at a time.

    Where a method raises OSError, what was not written waits, and is written once by a later call.
    """

    def __init__(
        self,
        folder: Folder,
        milliseconds: Callable[[], int] | None,
        repeats: Repeats | None,
        bookmark: Bookmark | None,
    ) -> None:
        self._folder = folder
        self._milliseconds = milliseconds or (lambda: time.time_ns() // 1_000_000)
        self._repeats = repeats
        self._bookmark = bookmark
        self._run = uuid4().hex[:12]
        self._segments = 0
        self._open: OpenSegment | None = None
        self._next = 0  # number of the next line
        self.waiting = bytearray()
        """Not written yet: whole lines."""
        self.open_bytes = 0
        """In the open segment."""
        self.total_bytes = 0
        """Of all lines since the start."""
        self.heard_at: int | None = None
        """When events were last added, new or not: milliseconds since 1970."""
        self.duplicates = 0
        """Events dropped that no closed segment counts yet."""

    @property
    def closed_bytes(self) -> int:
        """In the segments that were closed since the start."""
        return self.total_bytes - self.open_bytes - len(self.waiting)

    @property
    def waiting_events(self) -> int:
        """Not written yet."""
        return self.waiting.count(b"\n")

    def restore(self) -> None:
        """Remember what former runs have heard, where the feed repeats itself. Raises OSError."""
        if self._bookmark is not None:
            self._bookmark.restore()
        if self._repeats is not None:
            self._repeats.restore(self._milliseconds())

    def add(self, events: Sequence[Event]) -> int:
        """Add events, heard now; how many were new. They wait for `flush`. Raises ValueError as `segments.encode`."""
        now, first = self._milliseconds(), self._next
        self.heard_at = now
        new, digests = (events, ()) if self._repeats is None else self._repeats.sift(events, now)
        block = encode(new, first, now)
        self.waiting += block
        self.total_bytes += len(block)
        self._next += len(new)
        if self._repeats is not None:
            self._repeats.remember(digests, first, now)  # not before: an event that is no line is refused
            self.duplicates += len(events) - len(new)
        return len(new)

    def flush(self) -> None:
        """Write what waits. Raises OSError."""
        while self.waiting:
            written = self._opened().write(bytes(self.waiting))
            self.open_bytes += written
            del self.waiting[:written]

    def roll(self) -> Segment | None:
        """Write what waits and close the open segment; None where there is none.

        Raises OSError; a segment that holds lines is closed though not all that waits could be written.
        """
        if self._repeats is not None:
            self._repeats.forget(self._milliseconds())
        try:
            self.flush()
        except OSError:
            if self._open is not None and self._open.bytes:  # the room that it takes may be what is missing
                self._finish(self._open)
            raise
        segment = None if self._open is None else self._finish(self._open)
        if self._repeats is not None:
            self._repeats.keep_rest()
        if self._bookmark is not None:
            self._bookmark.keep()
        return segment

    def _opened(self) -> OpenSegment:
        """The open segment; a new one where there is none that can be written to."""
        if self._open is not None and not self._open.takes_more:
            self._finish(self._open)
        if self._open is None:
            stamp = datetime.fromtimestamp(self._milliseconds() / 1000, UTC).strftime("%Y%m%dT%H%M%S")
            segment_id = f"{stamp}-{self._run}-{self._segments:06d}"
            self._segments += 1
            self._open = OpenSegment(self._folder, segment_id, self._next - self.waiting_events)
        return self._open

    def _finish(self, ending: OpenSegment) -> Segment | None:
        """Give the segment its name; called again after an error it goes on where it stood."""
        until = self._next - self.waiting_events
        segment = ending.end(until, self.duplicates)
        if self._repeats is not None and ending.is_unnamed():
            self._repeats.keep(segment.id, until)
        ending.give_name(segment)
        if self._repeats is not None:
            self._repeats.release(until)
        self._open, self.open_bytes = None, 0
        self._next = self._next if self.waiting else 0  # lines that wait keep their numbers, which are theirs for ever
        if not segment.bytes:
            return None
        self.duplicates -= segment.duplicates
        return segment
