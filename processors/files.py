"""Posts out of files: back-fills of what was recorded, or came from an archive."""

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import unquote

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from clock import SystemClock
from errors import FixSettings
from processors.base import JobParts, StreamProcessor
from processors.damaged_files import FAILURES
from processors.file_formats import FORMATS, Files, name_below
from processors.posts import problem_only
from processors.read_files import ReadFiles
from processors.steps import Found, around
from processors.tweet_pages import in_single_posts
from processors.tweets_v1 import find_v1, or_removal, read_v1, write_v2
from processors.unread import Unread
from spool.files import open_folder
from spool.source_log import SourceLog

log = logging.getLogger(__name__)

_LOOKED_AT_AGAIN = 64  # of a former run's batches

_OF_X = ("kafka", "socket", "twitter")
"""The sources whose events may be X's."""


class FilesProcessor(StreamProcessor):
    """The files of a folder, each read once, by one batch; its events are read as those of the source `files_as`.

    Guarantee: replayable, as long as a file does not change. An event that a file holds twice, letter by letter, is
    stored once. After the loss of a checkpoint what the ledger calls stored is not stored again, by the files' names.
    A file that cannot be read to its end is not read at all, and the ledger says which, and why.
    """

    requires: ClassVar[tuple[str, ...]] = ("files_folder",)
    removes: ClassVar[bool] = True

    def __init__(self, parts: JobParts) -> None:
        super().__init__(parts)
        self._folder = str(parts.settings.files_folder)
        self._source_log = SourceLog(self.offset_log.folder)
        self._reader = _source_named(parts.settings.files_as)(parts)
        self._may_be_of_x = parts.settings.files_as in _OF_X

    def read_stream(self) -> DataFrame:
        """See `file_formats`; a page of X's API becomes an event for each of its posts (`tweet_pages`).

        Raises CannotStart where there is no Parquet file yet; Spark's errors; pymongo's where the ledger is away.
        """
        events = self._without_stored(FORMATS[self.settings.files_format](self.spark, self._unread.others))
        if self.settings.files_format == "lines" and self._may_be_of_x:
            events = in_single_posts(events)
        return events.drop("file")

    def process(self, event: Column) -> Column:
        """As the source that `files_as` names; where its events may be X's, those of its API v1.1 too.

        Files of UTF-16 have a NUL in each line and may pass for UTF-8: such an event is a dead letter, `not_utf8`.
        """
        read = around(self._reader.process(event), [_find_nul], _or_not_utf8)
        return around(read, [find_v1, read_v1, write_v2], or_removal) if self._may_be_of_x else read

    def process_micro_batch(self, batch: DataFrame, batch_id: int) -> None:
        """As in the base, each origin once; those that come again are counted.

        Raises OSError where a file was still being written when the query looked at it, and what Spark raises where one
        cannot be read to its end: the query is started again, with all of the one, and without the other.
        """
        paths = self._listed(batch_id)
        listed = self._by_name(paths)
        if (name := self._read_files.settle(listed)) is not None:
            raise OSError(f"{name} was still being written: the batch begins again, with all of it")
        try:
            self._unread.look_for_long_lines(paths)
            super().process_micro_batch(_each_once(batch), batch_id)
        except FAILURES:
            self._unread.look_for_damaged(paths)
            raise
        self._read_files.remember(listed)
        self._read_files.check(at_once=True)

    def between_batches(self) -> None:
        """See whether files were changed that were read; the log says which. Raises OSError."""
        self._read_files.check()

    def write_stream(self) -> StreamingQuery:
        """As in the base, once the files of a former run's last batches are known. Raises OSError too."""
        if not self.offset_log.is_fresh():
            until = self._source_log.last_entry()
            self._read_files.remember(self._by_name(self._source_log.listed(until - _LOOKED_AT_AGAIN, until)))
            self._read_files.check(at_once=True)
        return super().write_stream()

    def offsets(self, batch_id: int) -> tuple[Mapping[str, Any], ...]:
        """An object for each of the batch's files: file, its name below the folder, and what is not read (`Unread.of`).

        Raises OSError where the checkpoint cannot be read.
        """
        paths = sorted(self._listed(batch_id))
        return tuple({"file": name_below(self._folder, path), **self._unread.of(path)} for path in paths)

    def unreachable(self) -> str | None:
        """That there is no such folder, or why it cannot be told. Raises CannotStart: Spark has no such file system."""
        try:
            is_there = open_folder(self._folder, self.spark).exists(".")
        except OSError as error:
            return f"{self._folder}: {error}"
        return None if is_there else f"there is no folder {self._folder}: make it, or correct FILES_FOLDER"

    @cached_property
    def _read_files(self) -> ReadFiles:
        """Not made where dead letters are put through again, without a folder."""
        return ReadFiles(open_folder(self._folder, self.spark), SystemClock(), self.parts.stop_requested)

    @cached_property
    def _unread(self) -> Unread:
        files = Files(self._folder, self.settings.files_at_once)
        return Unread(self.spark, self.settings.files_format, files, open_folder(self._folder, self.spark))

    def _by_name(self, paths: Mapping[str, int]) -> dict[str, int]:
        """The values by the files' names below the folder, not as in a URI."""
        return {unquote(name_below(self._folder, path)): value for path, value in paths.items()}

    def _listed(self, batch_id: int) -> Mapping[str, int]:
        """The batch's files, see `SourceLog.listed`."""
        before, until = self.offset_log.file_entry(batch_id - 1), self.offset_log.file_entry(batch_id)
        return self._source_log.listed(before, until)

    def _without_stored(self, events: DataFrame) -> DataFrame:
        """Without the files of another checkpoint's batches."""
        query = None if self.offset_log.is_fresh() else self.offset_log.query_id()
        stored = () if self.settings.from_start else self.parts.ledger.files(but_of=query)
        if not stored:
            return events
        names = self.spark.createDataFrame([(name,) for name in sorted(stored)], "file STRING")
        return events.join(F.broadcast(names), on="file", how="left_anti")


def _each_once(rows: DataFrame) -> DataFrame:
    """The rows, each origin once, and `duplicates`: how many more there were."""
    once = (F.first(name).alias(name) for name in rows.columns if name != "origin")
    return rows.groupBy("origin").agg(*once, (F.count("*") - 1).alias("duplicates"))


def _find_nul(found: Found) -> Mapping[str, Column]:
    return {"has_nul": found["event"].contains("\0")}


def _or_not_utf8(found: Found, outcome: Column) -> Column:
    return F.when(found["has_nul"], problem_only("not_utf8")).otherwise(outcome)


def _source_named(name: str) -> type[StreamProcessor]:
    from processors import PROCESSORS  # it names this module too

    others = {each: kind for each, kind in PROCESSORS.items() if kind is not FilesProcessor}
    if name not in others:
        raise FixSettings([f"--files-as (CASESTREAM_FILES_AS)={name}: it must be one of {', '.join(others)}"])
    return others[name]
