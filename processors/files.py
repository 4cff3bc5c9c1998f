"""Posts out of files: back-fills of what was recorded, or came from an archive."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from errors import FixSettings
from processors.base import JobParts, StreamProcessor
from processors.file_formats import FORMATS, name_below
from spool.files import open_folder
from spool.source_log import SourceLog


class FilesProcessor(StreamProcessor):
    """The files of a folder, each read once, by one batch; its events are read as those of the source `files_as`.

    Guarantee: replayable, as long as a file does not change. An event that a file holds twice, letter by letter, is
    stored once. After the loss of a checkpoint what the ledger calls stored is not stored again, by the files' names.
    """

    requires: ClassVar[tuple[str, ...]] = ("files_folder",)
    removes: ClassVar[bool] = True

    def __init__(self, parts: JobParts) -> None:
        super().__init__(parts)
        self._folder = str(parts.settings.files_folder)
        self._source_log = SourceLog(self.offset_log.folder)
        self._reader = _source_named(parts.settings.files_as)(parts)

    def read_stream(self) -> DataFrame:
        """See `file_formats`."""
        events = FORMATS[self.settings.files_format](self.spark, self._folder, self.settings.files_at_once)
        return self._without_stored(events).drop("file")

    def process(self, event: Column) -> Column:
        """As the source that `files_as` names."""
        return self._reader.process(event)

    def process_micro_batch(self, batch: DataFrame, batch_id: int) -> None:
        """As in the base, each origin once."""
        super().process_micro_batch(batch.dropDuplicates(["origin"]), batch_id)

    def offsets(self, batch_id: int) -> tuple[Mapping[str, Any], ...]:
        """File (its name below the folder) of each that the batch has read."""
        paths = self._source_log.paths(self.offset_log.file_entry(batch_id - 1), self.offset_log.file_entry(batch_id))
        return tuple({"file": name_below(self._folder, path)} for path in paths)

    def unreachable(self) -> str | None:
        """Whether there is such a folder."""
        is_there = open_folder(self._folder, self.spark).exists(".")
        return None if is_there else f"there is no folder {self._folder}: make it, or correct FILES_FOLDER"

    def _without_stored(self, events: DataFrame) -> DataFrame:
        """Without the files of another checkpoint's batches."""
        query = None if self.offset_log.is_fresh() else self.offset_log.query_id()
        stored = () if self.settings.from_start else self.parts.ledger.files(but_of=query)
        if not stored:
            return events
        names = self.spark.createDataFrame([(name,) for name in sorted(stored)], "file STRING")
        return events.join(F.broadcast(names), on="file", how="left_anti")


def _source_named(name: str) -> type[StreamProcessor]:
    from processors import PROCESSORS  # it names this module too

    others = {each: kind for each, kind in PROCESSORS.items() if kind is not FilesProcessor}
    if name not in others:
        raise FixSettings([f"--files-as (CASESTREAM_FILES_AS)={name}: it must be one of {', '.join(others)}"])
    return others[name]
