"""A day's posts into files, and these into the folder and its manifest."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

import pyarrow as pa

from operations.exporting import manifest_file
from operations.exporting.batches import Batches, Entry, summed
from operations.exporting.chunks import in_files, of_size
from operations.exporting.files import Written, write_file
from operations.exporting.folder import Folder
from operations.exporting.formats.base import Format
from operations.exporting.manifest import Day, Manifest

log = logging.getLogger(__name__)
Told = Callable[[int], None]
"""Is told of each number of posts that were read."""


def is_done(day: Day, manifest: Manifest, folder: Folder) -> bool:
    """Whether the manifest has the day's batches as they are now, and the files are there."""
    there = manifest.of(day.key)
    return (
        there is not None
        and (there.batches, there.ledger) == (day.batches, day.ledger)
        and there.is_whole()
        and all(folder.size(file.path) == file.bytes for file in there.files)
    )


class DayWriter:
    """Writes days into a folder that this process has locked. Raises OSError, pymongo's and the loader's errors."""

    def __init__(self, batches: Batches, folder: Folder, file_format: Format, told: Told) -> None:
        self._batches = batches
        self._folder = folder
        self._format = file_format
        self._told = told

    def write(self, job: str, day: date, manifest: Manifest) -> Manifest:
        """Write the day anew. The files of an earlier export of it go when the new manifest is on the disk."""
        made, written = self._written(job, day)
        for each in written:
            self._folder.publish(each.unfinished, each.file.path)
        renewed = manifest.with_day(made)
        manifest_file.save(self._folder, renewed)
        self._folder.keep_only(renewed.paths(), f"job={job}/day={day}")
        log.info("day exported job=%s day=%s posts=%s files=%s", job, day, made.rows, len(written))
        return renewed

    def _written(self, job: str, day: date) -> tuple[Day, list[Written]]:
        """The day and its files; once more where these batches have changed while their documents were read."""
        while True:
            entries = self._batches.of_day(job, day)
            written = list(self._files(job, day, entries))
            listed = summed(job, day, entries)
            made = replace(listed, files=tuple(each.file for each in written))
            if made.is_whole() or summed(job, day, self._as_now(job, day, entries)) == listed:
                return made, written
            for each in written:
                each.unfinished.path.unlink()

    def _as_now(self, job: str, day: date, entries: Sequence[Entry]) -> list[Entry]:
        """Without what was committed since: of a day that goes on there would be something each time."""
        names = {entry["_id"] for entry in entries}
        return [entry for entry in self._batches.of_day(job, day) if entry["_id"] in names]

    def _files(self, job: str, day: date, entries: Sequence[Entry]) -> Iterator[Written]:
        tables = map(self._format.encoded, of_size(self._read(self._batches.posts(entries))))
        for number, of_file in enumerate(in_files(tables)):
            yield write_file(self._folder, self._format, of_file, f"job={job}/day={day}/posts-{number:05}")

    def _read(self, tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
        for table in tables:
            yield table
            self._told(len(table))
