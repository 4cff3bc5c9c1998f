"""Spark's own log of which offsets a batch holds, read back from the checkpoint.

The format is that of Spark 3.5's OffsetSeqLog and HDFSMetadataLog: `offsets/N` is a line `v1`, a line of JSON with
`batchTimestampMs`, then a line of JSON a source; a source's own log lies in `sources/0`.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from pyspark.sql import SparkSession

from spool.files import open_folder

VERSION = "v1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class OffsetLog:
    """One checkpoint's log. A batch is logged before Spark runs it and never changes afterwards.

    spark: see `spool.files.open_folder`. Every method raises OSError where the checkpoint cannot be read, or does not
    hold what is asked for.
    """

    def __init__(self, spark: SparkSession | None, checkpoint: str) -> None:
        self.folder = open_folder(checkpoint, spark)

    def is_fresh(self) -> bool:
        """Whether no batch was ever planned from this checkpoint."""
        return not self.folder.list("offsets")

    def query_id(self) -> str:
        """Of the query that the checkpoint belongs to; not of a fresh one."""
        return str(json.loads(self.folder.read("metadata"))["id"])

    def version(self) -> str:
        """The first line of the batch that was logged last, VERSION in all that this reads; not of a fresh one."""
        newest = max(int(name) for name in self.folder.list("offsets") if name.isdigit())
        return next(iter(self._lines(newest)), "")

    def last_committed(self) -> int:
        """The number of the last batch that Spark will not run again; -1 before the first."""
        return max((int(name) for name in self.folder.list("commits") if name.isdigit()), default=-1)

    def timestamp(self, batch_id: int) -> datetime:
        """The batch's trigger time (UTC, milliseconds)."""
        return _EPOCH + timedelta(milliseconds=json.loads(self._lines(batch_id)[1])["batchTimestampMs"])

    def end(self, batch_id: int) -> Any:  # noqa: ANN401 - each source has a JSON of its own
        """Where the source stood at the end of the batch; None before the first batch.

        Of Kafka {topic: {partition, as text: offset}}, of a folder of files {"logOffset": see `file_entry`}.
        """
        if batch_id < 0:
            return None
        return json.loads(self._lines(batch_id)[2])

    def file_entry(self, batch_id: int) -> int:
        """The last entry of the file source's log (`spool.source_log`) that the batch includes; -1 before the first."""
        end = self.end(batch_id)
        return -1 if end is None else int(end["logOffset"])

    def beginning(self) -> Any:  # noqa: ANN401
        """Where the source stood before the first batch, as `end` has it; Kafka alone keeps it, in `sources/0/0`."""
        text = self.folder.read("sources/0/0").decode()
        return json.loads(text[text.index("{") :])

    def _lines(self, batch_id: int) -> list[str]:
        return self.folder.read(f"offsets/{batch_id}").decode().splitlines()
