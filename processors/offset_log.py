"""Spark's own log of which offsets a batch holds, read back from the checkpoint.

The format is that of Spark 3.5's OffsetSeqLog and HDFSMetadataLog: `offsets/N` is a line `v1`, a line of JSON with
`batchTimestampMs`, then a line of JSON a source; a source's own log lies in `sources/0`.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from pyspark.sql import SparkSession

from errors import CannotStart
from spool.files import open_folder

VERSION = "v1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNREADABLE = (ValueError, LookupError, TypeError, RecursionError, FileNotFoundError, IsADirectoryError)

_Found = TypeVar("_Found")


class OffsetLog:
    """One checkpoint's log. A batch is logged before Spark runs it and never changes afterwards.

    spark: see `spool.files.open_folder`. What reads a file raises CannotStart where it is not there, or not as Spark
    writes it, and all of it OSError where the file system does not answer.
    """

    def __init__(self, spark: SparkSession | None, checkpoint: str) -> None:
        self.folder = open_folder(checkpoint, spark)

    def is_fresh(self) -> bool:
        """Whether no batch was ever planned from this checkpoint. What a killed Spark was about to plan is no batch."""
        return not self._numbers("offsets")

    def query_id(self) -> str:
        """Of the query that the checkpoint belongs to; not of a fresh one."""
        return self._read("metadata", lambda text: str(json.loads(text)["id"]))

    def version(self) -> str:
        """The first line of the batch that was logged last, VERSION in all that this reads; not of a fresh one."""
        newest = self.folder.read(f"offsets/{max(self._numbers('offsets'))}")
        return next(iter(newest.decode(errors="replace").splitlines()), "")

    def last_committed(self) -> int:
        """The number of the last batch that Spark will not run again; -1 before the first."""
        return max(self._numbers("commits"), default=-1)

    def timestamp(self, batch_id: int) -> datetime:
        """The batch's trigger time (UTC, milliseconds)."""
        return self._read(
            f"offsets/{batch_id}",
            lambda text: _EPOCH + timedelta(milliseconds=json.loads(text.splitlines()[1])["batchTimestampMs"]),
        )

    def end(self, batch_id: int) -> Any:  # noqa: ANN401 - each source has a JSON of its own
        """Where the source stood at the end of the batch; None before the first batch.

        Of Kafka {topic: {partition, as text: offset}}, of a folder of files {"logOffset": see `file_entry`}.
        """
        if batch_id < 0:
            return None
        return self._read(f"offsets/{batch_id}", lambda text: json.loads(text.splitlines()[2]))

    def file_entry(self, batch_id: int) -> int:
        """The last entry of the file source's log (`spool.source_log`) that the batch includes; -1 before the first."""
        end = self.end(batch_id)
        return -1 if end is None else int(end["logOffset"])

    def beginning(self) -> Any:  # noqa: ANN401
        """Where the source stood before the first batch, as `end` has it; Kafka alone keeps it, in `sources/0/0`."""
        return self._read("sources/0/0", lambda text: json.loads(text[text.index("{") :]))

    def _numbers(self, below: str) -> list[int]:
        """Of the batches that have a file there; Spark's half-written ones have hidden names."""
        return [int(name) for name in self.folder.list(below) if name.isascii() and name.isdigit()]

    def _read(self, name: str, find: Callable[[str], _Found]) -> _Found:
        try:
            return find(self.folder.read(name).decode())
        except _UNREADABLE as error:
            raise CannotStart(
                f"{self.folder.uri}/{name} is not there, or not what Spark writes there ({type(error).__name__}): "
                "restore the checkpoint, or name a new --checkpoint: the job goes on behind what it has stored."
            ) from error
