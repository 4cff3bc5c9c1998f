"""Rows out of an export that is there: what `manage.py forget` does to the copies that it knows of."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from clock import Clock, SystemClock
from errors import JobError
from operations.exporting import manifest_file
from operations.exporting.files import write_file
from operations.exporting.folder import Folder
from operations.exporting.manifest import Day, File, Manifest
from operations.times import iso

Matches = Callable[[pa.Table], pa.BooleanArray | pa.ChunkedArray]
"""Which rows of a table are to go; null is no. Its columns are those of the file, in CSV and JSON lines with times as
text, in CSV with lists as JSON text too; of `--ids-only` it is `id` alone."""


def remove_posts(folder: Path, matches: Matches, clock: Clock | None = None) -> int:
    """Take the rows out of every file of the export, and say so in its manifest; the number of rows that went.

    A file is replaced as a whole, and the manifest with it; killed at any point, the same call ends what was begun. The
    next export into the folder does not bring the rows back: it takes the day as done or, where the ledger has changed,
    writes it anew from the database.

    Raises CannotStart where there is no export, or another process writes there, and JobError where a file cannot be
    read.
    """
    place = Folder(folder)
    manifest_file.load(place)  # before a folder is made or locked
    with place.locked():
        manifest = manifest_file.load(place)
        place.keep_only(manifest.paths())
        return _Removal(place, manifest, matches, iso((clock or SystemClock()).now())).run()


class _Removal:
    def __init__(self, folder: Folder, manifest: Manifest, matches: Matches, at: str) -> None:
        self._folder = folder
        self._manifest = manifest
        self._earlier = manifest.removals
        self._matches = matches
        self._at = at
        self._format = manifest.request.file_format()
        self._removed = 0

    def run(self) -> int:
        """The rows that went."""
        for day in self._manifest.days:
            for file in day.files:
                if any(pc.any(self._chosen(table)).as_py() for table in self._read(file)):
                    day = self._put(day, file, self._rewritten(file))
        return self._removed

    def _rewritten(self, file: File) -> File | None:
        """The file that is to be there in its place, which has its name already; None: nothing would be in it."""
        kept = (table.filter(pc.invert(self._chosen(table))) for table in self._read(file))
        written = write_file(self._folder, self._format, kept, file.path.rpartition("-")[0])
        if not written.file.rows:
            return None
        self._folder.publish(written.unfinished, written.file.path)
        return written.file

    def _put(self, day: Day, former: File, file: File | None) -> Day:
        """The day with that file. The manifest first: what it does not name is removed, by this run or by the next."""
        removed = former.rows - (file.rows if file else 0)
        self._removed += removed
        files = tuple(each if each.path != former.path else file for each in day.files)
        day = replace(day, removed=day.removed + removed, files=tuple(filter(None, files)))
        removals = (*self._earlier, {"at": self._at, "rows": self._removed})
        self._manifest = replace(self._manifest.with_day(day), removals=removals)
        manifest_file.save(self._folder, self._manifest)
        self._folder.keep_only(self._manifest.paths(), f"job={day.job}/day={day.day}")
        return day

    def _chosen(self, table: pa.Table) -> pa.BooleanArray | pa.ChunkedArray:
        return pc.fill_null(self._matches(table), False)

    def _read(self, file: File) -> Iterator[pa.Table]:
        try:
            yield from self._format.read(self._folder.path / file.path)
        except (OSError, ValueError) as error:
            raise JobError(
                f"{self._folder.path / file.path} cannot be read: {error}. Remove it and run the export again: it is "
                "written anew."
            ) from error
