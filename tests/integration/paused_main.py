"""main.py, held at a point until it is killed: `python -m tests.integration.paused_main POINT MARKER main.py …`.

It runs as usual until the file MARKER.armed is there. The next time that it comes to the point it makes the file MARKER
and stays where it is, for ever or until somebody removes MARKER; its other threads go on.
"""

import functools
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

import main
from ledger.batches import BatchLedger
from ledger.removal import Removal
from ledger.removals import RemovalLog
from processors.base import StreamProcessor
from sinks.mongo import MongoSink
from spool.local_folder import LocalFolder
from spool.open_segment import OpenSegment
from spool.segments import open_id
from tests.integration.crash_points import Point

_LOOK_SECONDS = 0.05
_TORN_BYTES = 5

Method = Callable[..., Any]


class Hold:
    """Where the process stays."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker
        self._armed = armed_by(marker)

    @property
    def is_due(self) -> bool:
        """Whether the point is to hold whoever comes to it next."""
        return self._armed.exists()

    def stay(self) -> None:
        """Say so, and wait."""
        self._armed.unlink()
        self._marker.touch()
        while self._marker.exists():
            threading.Event().wait(_LOOK_SECONDS)

    def before(self, method: Method) -> Method:
        """The method, held before it begins."""

        @functools.wraps(method)
        def held(*arguments: object) -> object:
            if self.is_due:
                self.stay()
            return method(*arguments)

        return held

    def after(self, method: Method) -> Method:
        """The method, held when it has done its work."""

        @functools.wraps(method)
        def held(*arguments: object) -> object:
            result = method(*arguments)
            if self.is_due:
                self.stay()
            return result

        return held

    def within_a_line(self, write: Method) -> Method:
        """`OpenSegment.write`, held when all but the end of the last of several lines is written."""

        @functools.wraps(write)
        def held(segment: OpenSegment, block: bytes) -> object:
            if self.is_due and block.count(b"\n") > 1:
                write(segment, block[:-_TORN_BYTES])
                self.stay()
            return write(segment, block)

        return held

    def before_a_segment_has_its_name(self, rename: Method) -> Method:
        """`Folder.rename`, held before it renames an open segment."""

        @functools.wraps(rename)
        def held(folder: LocalFolder, name: str, to: str) -> None:
            if self.is_due and open_id(name):
                self.stay()
            rename(folder, name, to)

        return held

    def between_parts(self, write: Method) -> Method:
        """`MongoSink.write`, held when half of a batch's several documents are stored."""

        @functools.wraps(write)
        def held(sink: MongoSink, documents: DataFrame, collection: str) -> None:
            if self.is_due and collection == "micro_batches" and documents.where("parts > 1").head(1):
                write(sink, documents.where("part < parts / 2"), collection)
                self.stay()
            write(sink, documents, collection)

        return held


def hold_at(point: Point, hold: Hold) -> None:
    """Put the hold in the way."""
    places: dict[Point, tuple[type[Any], str, Callable[[Method], Method]]] = {
        Point.MID_SEGMENT: (OpenSegment, "write", hold.within_a_line),
        Point.UNNAMED_SEGMENT: (LocalFolder, "rename", hold.before_a_segment_has_its_name),
        Point.LOGGED: (StreamProcessor, "process_micro_batch", hold.before),
        Point.MEASURED: (BatchLedger, "plan", hold.before),
        Point.PLANNED: (BatchLedger, "plan", hold.after),
        Point.HALF_STORED: (MongoSink, "write", hold.between_parts),
        Point.STORED: (BatchLedger, "commit", hold.before),
        Point.COMMITTED: (BatchLedger, "commit", hold.after),
        Point.ANNOUNCED: (Removal, "announce", hold.after),
        Point.REMOVED: (Removal, "write", hold.after),
        Point.ACCOUNTED: (Removal, "account", hold.after),
        Point.LOOKED_FOR: (RemovalLog, "looked_for", hold.after),
    }
    owner, name, held = places[point]
    setattr(owner, name, held(getattr(owner, name)))


def armed_by(marker: Path) -> Path:
    """The file that arms the hold of this marker."""
    return marker.with_suffix(".armed")


if __name__ == "__main__":
    hold_at(Point(sys.argv[1]), Hold(Path(sys.argv[2])))
    sys.exit(main.main(sys.argv[4:]))
