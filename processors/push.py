"""What every source that pushes has in common: its receiver fills the spool, Spark reads the spool."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pyspark.sql import DataFrame

from processors.base import JobParts, StreamProcessor
from spool.files import open_folder
from spool.reader import read_spool
from spool.source_log import SourceLog


class PushProcessor(StreamProcessor):
    """Replayable, because a closed segment never changes; a subclass names its `receiver` and writes `process`.

    A segment is deleted once Spark's commit of its batch is on disk: no replay will ask for it.
    """

    receiver: ClassVar[str | None] = ""
    """`package.module:Class`; without one the source is refused. None: whoever makes the processor fills the spool."""

    def __init__(self, parts: JobParts) -> None:
        super().__init__(parts)
        self._spool = open_folder(str(parts.settings.spool), parts.spark)
        self._source_log = SourceLog(open_folder(str(parts.settings.checkpoint), parts.spark))
        self._swept = self._swept_batch = -1

    def read_stream(self) -> DataFrame:
        """The events of closed segments, see `spool.reader`."""
        self._spool.make()
        return read_spool(self.spark, self._spool.uri)

    def process_micro_batch(self, batch: DataFrame, batch_id: int) -> None:
        """As in the base; then the segments of earlier batches, which Spark has committed, are swept."""
        super().process_micro_batch(batch, batch_id)
        self._sweep(batch_id - 1)

    def between_batches(self) -> None:
        """Sweep the last batch's segments too: a full spool hears nothing, and there would be no next batch."""
        if self.last_batch is not None and self.last_batch > self._swept_batch:
            self._sweep(self.last_batch)

    def offsets(self, batch_id: int) -> tuple[Mapping[str, Any], ...]:
        """Segment (its id), lines, bytes, duplicates of each segment in the batch."""
        segments = self._source_log.segments(
            self.offset_log.file_entry(batch_id - 1), self.offset_log.file_entry(batch_id)
        )
        return tuple(
            {"segment": each.id, "lines": each.lines, "bytes": each.bytes, "duplicates": each.duplicates}
            for each in segments
        )

    def _sweep(self, batch_id: int) -> None:
        until = self.offset_log.file_entry(batch_id)
        for segment in self._source_log.segments(self._swept, until) if until > self._swept else ():
            self._spool.delete(segment.name)
        self._swept = max(until, self._swept)
        self._swept_batch = batch_id
