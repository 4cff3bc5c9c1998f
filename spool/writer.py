"""What receivers write to: one open segment at a time, closed and renamed before each trigger."""

import logging
import threading
from collections.abc import Callable, Sequence

from spool.bookmark import Bookmark
from spool.files import Folder
from spool.repeats import Repeats
from spool.segments import Event, Segment, closed_bytes
from spool.series import SegmentSeries

log = logging.getLogger(__name__)

_BLOCK_BYTES = 256 * 1024
_SEGMENT_BYTES = 8_000_000
_ROOM_POLL_SECONDS = 0.1


class SpoolWriter:
    """Events into segments; safe to use from several threads.

    Guarantee: an event is handed over when `flush` has returned True after it: it survives the death of this process.
    Names never repeat, over restarts too. A full spool, and a disk that takes no more, make `append` wait, which stops
    reading from the feed; what could not be written is written later, once. On a full disk `roll` closes the open
    segment with the lines that it holds: when it is read and removed there is room for those that wait.
    """

    def __init__(
        self,
        folder: Folder,
        max_bytes: int,
        milliseconds: Callable[[], int] | None = None,
        repeats: Repeats | None = None,
        bookmark: Bookmark | None = None,
    ) -> None:
        """Without `repeats` every event is new; `bookmark` is written whenever all that was heard is on the disk.

        max_bytes: of a full spool. milliseconds: the time since 1970, the system's where it is None.
        """
        self._folder = folder
        self._max_bytes = max_bytes
        self._bookmark = bookmark
        self._series = SegmentSeries(folder, milliseconds, repeats, bookmark)
        self._lock = threading.RLock()
        self._hurrying = threading.Event()
        self._is_closed = False
        self._found_bytes: int | None = None  # in closed segments, at most, minus those closed since the start
        self.full_because: str | None = None
        """Why `append` waits."""
        self.heard = 0
        """Events appended since the start; those that were dropped are not among them."""

    @property
    def heard_at(self) -> int | None:
        """When events last came, new or not: milliseconds since 1970; None before the first."""
        return self._series.heard_at

    @property
    def unclosed_bytes(self) -> int:
        """Heard, and in no closed segment yet."""
        return self._series.open_bytes + len(self._series.waiting)

    def restore(self) -> None:
        """Remember what former runs have heard, where the feed repeats itself; after `recover`. Raises OSError."""
        with self._lock:
            self._series.restore()

    def append(self, events: Sequence[Event]) -> int:
        """Add events, heard now; how many were new. Waits while the spool is full; adds none after `close`.

        Raises ValueError for an event with a line feed in it, and then adds none of them.
        """
        while events:
            if (added := self._try_to_append(events)) is not None:
                return added
            self._hurrying.wait(_ROOM_POLL_SECONDS)
        return 0

    def flush(self) -> bool:
        """Hand over what was appended; False, with a warning, while the disk takes no more."""
        with self._lock:
            try:
                self._series.flush()
            except OSError as error:
                self._say_full(f"{self._folder.uri}: {error}")
                return False
            return True

    def roll(self) -> Segment | None:
        """Close the open segment, so that the next batch reads it.

        None where nothing was heard since the last, and where not all of it could be written, or closed.
        """
        with self._lock:
            try:
                return self._series.roll()
            except OSError as error:
                self._say_full(f"{self._folder.uri}: {error}")
                return None

    def hurry(self) -> None:
        """The job ends: `append` does not wait any more for room."""
        self._hurrying.set()

    def close(self) -> None:
        """Roll for the last time; nothing is added afterwards."""
        self.hurry()
        with self._lock:
            if self._bookmark is not None:
                self._bookmark.freeze()
            self.roll()
            if self._series.waiting:
                events = self._series.waiting_events
                log.error("events heard and not kept, the disk took no more events=%s", events)
            if self._series.duplicates and not self._is_closed:
                log.info("repeated events dropped that no batch counts events=%s", self._series.duplicates)
            self._is_closed = True

    def _try_to_append(self, events: Sequence[Event]) -> int | None:
        """How many were added; None while there is no room."""
        with self._lock:
            if self._is_closed:
                return 0
            if not self._has_room() and not self._hurrying.is_set():
                return None
            added = self._series.add(events)
            self.heard += added
            if len(self._series.waiting) >= _BLOCK_BYTES:
                self.flush()
            if self._series.open_bytes >= _SEGMENT_BYTES:
                self.roll()
            return added

    def _has_room(self) -> bool:
        if len(self._series.waiting) >= _BLOCK_BYTES and not self.flush():
            return False
        if self._found_bytes is None or self._found_bytes + self._series.total_bytes >= self._max_bytes:
            try:
                self._found_bytes = closed_bytes(self._folder.list()) - self._series.closed_bytes
            except OSError as error:
                self._say_full(f"{self._folder.uri}: {error}")
                return False
        if self._found_bytes + self._series.total_bytes >= self._max_bytes:
            held = self._found_bytes + self._series.closed_bytes
            self._say_full(f"{self._folder.uri} holds {held} bytes, SPOOL_MAX_BYTES is {self._max_bytes}")
            return False
        self._say_room()
        return True

    def _say_full(self, why: str) -> None:
        if self.full_because is None:
            log.warning("spool full, the feed is not read until there is room why=%r", why)
        self.full_because = why

    def _say_room(self) -> None:
        if self.full_because is not None:
            log.warning("spool has room again, the feed is read")
        self.full_because = None
