"""What every source that pushes has in common: its receiver fills the spool, Spark reads the spool."""

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame

from processors.base import JobParts, StreamProcessor
from spool.files import open_folder
from spool.reader import read_spool
from spool.source_log import SourceLog


class PushProcessor(StreamProcessor):
    """Replayable, because a closed segment never changes; a subclass names its `receiver` and writes `process`.

    A segment is deleted once a batch after its own has begun: then Spark's commit of its own is on disk.
    """

    def __init__(self, parts: JobParts) -> None:
        super().__init__(parts)
        self._spool = open_folder(str(parts.settings.spool), parts.spark)
        self._source_log = SourceLog(open_folder(str(parts.settings.checkpoint), parts.spark))
        self._swept = -1

    def read_stream(self) -> DataFrame:
        """The events of closed segments, see `spool.reader`."""
        self._spool.make()
        return read_spool(self.spark, self._spool.uri)

    def process_micro_batch(self, batch: DataFrame, batch_id: int) -> None:
        """As in the base; then the segments of earlier batches are swept."""
        super().process_micro_batch(batch, batch_id)
        self._sweep(self._end(batch_id - 1))

    def offsets(self, batch_id: int) -> tuple[Mapping[str, Any], ...]:
        """Segment (its id), lines, bytes, duplicates of each segment in the batch."""
        segments = self._source_log.segments(self._end(batch_id - 1), self._end(batch_id))
        return tuple(
            {"segment": each.id, "lines": each.lines, "bytes": each.bytes, "duplicates": each.duplicates}
            for each in segments
        )

    def _end(self, batch_id: int) -> int:
        end = self.offset_log.end(batch_id)
        return -1 if end is None else int(end["logOffset"])

    def _sweep(self, until: int) -> None:
        for segment in self._source_log.segments(self._swept, until) if until > self._swept else ():
            self._spool.delete(segment.name)
        self._swept = until
