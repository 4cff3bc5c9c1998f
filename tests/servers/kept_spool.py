"""The real spool's writer over a folder of memory, and a receiver's surroundings around it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from spool.bookmark import Bookmark
from spool.recovery import recover
from spool.repeats import Repeats
from spool.segments import Event
from spool.writer import SpoolWriter
from tests.servers.heard import Heard
from tests.unit.memory_folder import MemoryFolder

Key = Callable[[bytes], str | None]


class KeptSpool:
    """What a run leaves the next one finds. key: `Receiver.key`."""

    def __init__(self, key: Key, within_seconds: float = 3_600) -> None:
        self.folder = MemoryFolder()
        self._key = key
        self._within_seconds = within_seconds
        self.begin()

    def begin(self) -> None:
        """As a job starts: in order where the writer was closed, else as after a kill."""
        recover(self.folder)
        repeats = Repeats(self.folder, self._key, self._within_seconds, cut_events_repeat=True)
        self.bookmark = Bookmark(self.folder, repeats)
        self.writer = SpoolWriter(self.folder, 10**12, repeats=repeats, bookmark=self.bookmark)
        self.writer.restore()

    def events(self) -> Sequence[bytes]:
        """Those of the closed segments."""
        return self.folder.events()


class Recorded(Heard):
    """A receiver's surroundings with a kept spool: every call to the coverage, with its times."""

    def __init__(self, spool: KeptSpool) -> None:
        super().__init__()
        self.spool = spool
        self.bookmark = spool.bookmark
        self.calls: list[tuple[str, Any, datetime | None]] = []

    def append(self, events: Sequence[Event]) -> int:
        is_new = self.spool.writer.append(events)
        super().append(events)
        return is_new

    def open_gap(self, cause: str, since: datetime | None = None) -> None:
        self.calls.append(("open", cause, since))
        super().open_gap(cause, since)

    def close_gap(self, backfilled_seconds: float = 0, at: datetime | None = None) -> None:
        self.calls.append(("close", backfilled_seconds, at))
        super().close_gap(backfilled_seconds, at)
