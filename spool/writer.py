"""What receivers write to: one open segment at a time, closed and renamed before each trigger."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from spool.files import Folder, OpenFile
from spool.segments import CutEvent, Segment, encode, open_id, open_name

log = logging.getLogger(__name__)

_BLOCK_BYTES = 256 * 1024
_SEGMENT_BYTES = 8_000_000
_ROOM_POLL_SECONDS = 0.1


class SpoolWriter:
    """Events into segments; safe to use from several threads.

    Guarantee: an event is handed over when `flush` has returned after it: it survives the death of this process. Names
    never repeat, over restarts too. A full spool or disk makes `append` wait, which stops reading from the feed.
    """

    def __init__(self, folder: Folder, max_bytes: int, milliseconds: Callable[[], int] | None = None) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._milliseconds = milliseconds or (lambda: time.time_ns() // 1_000_000)
        self._run = uuid4().hex[:12]
        self._segments = 0
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._file: OpenFile | None = None
        self._id = ""
        self._lines = self._bytes = 0
        self._pending = bytearray()
        self._is_full = False
        self._held_bytes = 0
        self.heard = 0
        """Events appended since the start."""

    def recover(self) -> list[Segment]:
        """Close what a killed process left open, cut at its last whole line; call it before the first `append`."""
        self._folder.make()
        recovered = []
        for name in self._folder.list():
            if (segment_id := open_id(name)) is None:
                continue
            content = self._folder.read(name)
            whole = content[: content.rfind(b"\n") + 1]
            if whole:
                self._folder.cut(name, len(whole))
                segment = Segment(segment_id, whole.count(b"\n"), len(whole))
                self._folder.rename(name, segment.name)
                recovered.append(segment)
            else:
                self._folder.delete(name)
        self._held_bytes = self._measure()
        return recovered

    def append(self, events: Sequence[bytes | CutEvent]) -> None:
        """Add events, heard now. Waits while the spool is full; returns with nothing added once `close` was called."""
        if not events or not self._wait_for_room():
            return
        with self._lock:
            if self._file is None:
                self._open()
            block = encode(events, self._lines, self._milliseconds())
            self._lines += len(events)
            self.heard += len(events)
            self._bytes += len(block)
            self._pending += block
            if len(self._pending) >= _BLOCK_BYTES:
                self.flush()
            if self._bytes >= _SEGMENT_BYTES:
                self.roll()

    def flush(self) -> bool:
        """Hand over what was appended; False, with a warning, while the disk takes no more."""
        with self._lock:
            while self._pending and self._file is not None:
                try:
                    written = self._file.write(bytes(self._pending))
                except OSError as error:
                    self._say_full(f"{self._folder.uri}: {error}")
                    return False
                del self._pending[:written]
            return True

    def roll(self) -> Segment | None:
        """Close the open segment, so that the next batch reads it; None where nothing was heard since the last."""
        with self._lock:
            if self._file is None or not self.flush():
                return None
            self._file.sync()
            self._file.close()
            segment = Segment(self._id, self._lines, self._bytes)
            self._folder.rename(open_name(self._id), segment.name)
            self._held_bytes += self._bytes
            self._file = None
            return segment

    def close(self) -> None:
        """Roll for the last time; a waiting `append` returns."""
        self._closing.set()
        self.roll()

    def _open(self) -> None:
        stamp = datetime.fromtimestamp(self._milliseconds() / 1000, UTC).strftime("%Y%m%dT%H%M%S")
        self._id = f"{stamp}-{self._run}-{self._segments:06d}"
        self._segments += 1
        self._lines = self._bytes = 0
        self._file = self._folder.create(open_name(self._id))

    def _wait_for_room(self) -> bool:
        while not self._has_room():
            if self._closing.wait(_ROOM_POLL_SECONDS):
                return False
        return not self._closing.is_set()

    def _has_room(self) -> bool:
        with self._lock:
            if len(self._pending) >= _BLOCK_BYTES and not self.flush():
                return False
            if self._held_bytes + self._bytes < self._max_bytes:
                self._say_room()
                return True
            self._held_bytes = self._measure()
            if self._held_bytes + self._bytes >= self._max_bytes:
                self._say_full(
                    f"{self._folder.uri} holds {self._held_bytes} bytes, SPOOL_MAX_BYTES is {self._max_bytes}"
                )
                return False
            return True

    def _measure(self) -> int:
        return sum(segment.bytes for segment in map(Segment.of, self._folder.list()) if segment)

    def _say_full(self, why: str) -> None:
        if not self._is_full:
            log.warning("spool full, the feed is not read until there is room why=%r", why)
            self._is_full = True

    def _say_room(self) -> None:
        if self._is_full:
            log.warning("spool has room again, the feed is read")
            self._is_full = False
