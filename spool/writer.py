"""What receivers write to: one open segment at a time, closed and renamed before each trigger."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

from spool.files import Folder, OpenFile
from spool.segments import CutEvent, Segment, encode, open_name

log = logging.getLogger(__name__)

_BLOCK_BYTES = 256 * 1024
_SEGMENT_BYTES = 8_000_000
_ROOM_POLL_SECONDS = 0.1


class SpoolWriter:
    """Events into segments; safe to use from several threads.

    Guarantee: an event is handed over when `flush` has returned True after it: it survives the death of this process.
    Names never repeat, over restarts too. A full spool, and a disk that takes no more, make `append` wait, which stops
    reading from the feed; what could not be written is written later, once.
    """

    def __init__(self, folder: Folder, max_bytes: int, milliseconds: Callable[[], int] | None = None) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._milliseconds = milliseconds or (lambda: time.time_ns() // 1_000_000)
        self._run = uuid4().hex[:12]
        self._segments = 0
        self._lock = threading.RLock()
        self._hurrying = threading.Event()
        self._is_closed = False
        self._file: OpenFile | None = None
        self._is_ended = False  # closed, and not renamed yet
        self._id = ""
        self._first = self._next = 0  # numbers of the open segment's first line and of the next
        self._written = 0  # bytes in the open segment
        self._pending = bytearray()  # whole lines, or the rest of one that was written in part
        self._held_bytes: int | None = None  # in closed segments, at most; None before they were looked at
        self.full_because: str | None = None
        """Why `append` waits."""
        self.heard = 0
        """Events appended since the start."""

    def append(self, events: Sequence[bytes | CutEvent]) -> None:
        """Add events, heard now. Waits while the spool is full; returns with nothing added once `close` was called."""
        while events and not self._try_to_append(events):
            self._hurrying.wait(_ROOM_POLL_SECONDS)

    def flush(self) -> bool:
        """Hand over what was appended; False, with a warning, while the disk takes no more."""
        with self._lock:
            try:
                while self._pending:
                    written = self._opened().write(bytes(self._pending))
                    self._written += written
                    del self._pending[:written]
            except OSError as error:
                self._say_full(f"{self._folder.uri}: {error}")
                return False
            return True

    def roll(self) -> Segment | None:
        """Close the open segment, so that the next batch reads it; None where nothing was heard since the last."""
        with self._lock:
            if not self.flush() or self._file is None:
                return None
            try:
                return self._finish(self._file)
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
            self.roll()
            self._is_closed = True
            if self._pending:
                log.error("events heard and not kept, the disk took no more events=%s", self._pending.count(b"\n"))

    def _try_to_append(self, events: Sequence[bytes | CutEvent]) -> bool:
        with self._lock:
            if self._is_closed:
                return True
            if not self._has_room() and not self._hurrying.is_set():
                return False
            block = encode(events, self._next, self._milliseconds())
            self._pending += block
            self._next += len(events)
            self.heard += len(events)
            if len(self._pending) >= _BLOCK_BYTES:
                self.flush()
            if self._written >= _SEGMENT_BYTES:
                self.roll()
            return True

    def _opened(self) -> OpenFile:
        """The open segment's file; a new one where there is none that can be written to."""
        if self._file is not None and (self._is_ended or self._file.is_broken):
            self._finish(self._file)
        if self._file is None:
            stamp = datetime.fromtimestamp(self._milliseconds() / 1000, UTC).strftime("%Y%m%dT%H%M%S")
            self._id = f"{stamp}-{self._run}-{self._segments:06d}"
            self._segments += 1
            self._file = self._folder.create(open_name(self._id))
            self._written = 0
        return self._file

    def _finish(self, file: OpenFile) -> Segment | None:
        """Give the segment its name; called again after an error it goes on where it stood."""
        name = open_name(self._id)
        until = self._next - self._pending.count(b"\n")
        segment = Segment(self._id, until - self._first, self._written)
        if file.is_broken:  # nobody knows how much of the last block it took
            with suppress(OSError):
                file.close()
            if self._written == 0:
                self._folder.delete(name)
            elif self._folder.exists(name):
                self._folder.cut(name, self._written)
        elif not self._is_ended:
            file.sync()
            self._is_ended = True
            file.close()
        self._is_ended = True
        if self._written and (self._folder.exists(name) or not self._folder.exists(segment.name)):
            self._folder.rename(name, segment.name)
        self._held_bytes = None if self._held_bytes is None else self._held_bytes + self._written
        self._file, self._is_ended, self._written = None, False, 0
        # The lines that wait for the next segment keep their numbers, which are theirs for ever.
        self._first = until if self._pending else 0
        self._next = self._next if self._pending else 0
        return segment if segment.bytes else None

    def _has_room(self) -> bool:
        if len(self._pending) >= _BLOCK_BYTES and not self.flush():
            return False
        try:
            if self._held_bytes is None or self._held_bytes + self._size() >= self._max_bytes:
                self._held_bytes = self._measure()
        except OSError as error:
            self._say_full(f"{self._folder.uri}: {error}")
            return False
        if self._held_bytes + self._size() >= self._max_bytes:
            self._say_full(f"{self._folder.uri} holds {self._held_bytes} bytes, SPOOL_MAX_BYTES is {self._max_bytes}")
            return False
        self._say_room()
        return True

    def _size(self) -> int:
        return self._written + len(self._pending)

    def _measure(self) -> int:
        return sum(segment.bytes for segment in map(Segment.of, self._folder.list()) if segment)

    def _say_full(self, why: str) -> None:
        if self.full_because is None:
            log.warning("spool full, the feed is not read until there is room why=%r", why)
        self.full_because = why

    def _say_room(self) -> None:
        if self.full_because is not None:
            log.warning("spool has room again, the feed is read")
        self.full_because = None
