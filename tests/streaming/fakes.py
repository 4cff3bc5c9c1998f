"""Stand-ins for what a processor is handed, each a dictionary, and one job made of them that can die and run again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
from bson.int64 import Int64
from pyspark.errors import StreamingQueryException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BinaryType, DataType, LongType, StructType, TimestampType

from case_count import CaseCount
from micro_batch import BatchId, BatchPlan, Committed, Contents
from processors.base import JobParts, StreamProcessor
from processors.socket import SocketProcessor
from settings import Settings
from sinks import documents
from spool.local_folder import LocalFolder
from spool.segments import CutEvent
from spool.writer import SpoolWriter

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HEARD_AT = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
FETCHED_AT = datetime(2026, 1, 2, 3, 4, 0, tzinfo=UTC)
AS_OF = datetime(2024, 4, 13, tzinfo=UTC)


class Killed(Exception):
    """What a batch dies of where a test wants it to."""


class DictionarySink:
    """Collections that are dictionaries of BSON by `_id`, behind the real `sinks.documents`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.collections: dict[str, dict[str, bytes]] = {"micro_batches": {}, "dead_letters": {}, "removals": {}}
        self.schemas: dict[str, StructType] = {}
        self.writes = 0

    def measure(self, rows: DataFrame) -> Contents:
        return documents.measure(rows)

    def parts(self, rows: DataFrame, contents: Contents) -> int:
        return documents.choose_parts(rows, contents, self._settings.max_document_bytes)

    def documents(self, rows: DataFrame, plan: BatchPlan) -> DataFrame:
        return documents.documents(rows, plan, self._settings.jobname, self._settings.source)

    def dead_letters(self, rows: DataFrame, plan: BatchPlan) -> DataFrame:
        return documents.dead_letters(rows, plan, self._settings.jobname, self._settings.source)

    def removals(self, rows: DataFrame, plan: BatchPlan) -> DataFrame:
        return documents.removals(rows, plan, self._settings.jobname, self._settings.source)

    def discard(self, batch: BatchId) -> None:
        for part in self.stored("micro_batches"):
            if part["batch_id"] == batch.number:
                del self.collections["micro_batches"][part["_id"]]
        for collection in ("dead_letters", "removals"):
            for document in self.stored(collection):
                if document["batch_id"] == batch.number:
                    del self.collections[collection][document["_id"]]

    def write(self, documents: DataFrame, collection: str) -> None:
        self.writes += 1
        self.schemas[collection] = documents.schema
        for document in to_bson(documents):
            self.collections[collection][bson.decode(document)["_id"]] = document

    def stored(self, collection: str) -> list[dict[str, Any]]:
        """The documents in the order of their ids, times aware."""
        options: bson.CodecOptions[dict[str, Any]] = bson.CodecOptions(tz_aware=True)
        return [bson.decode(document, options) for _, document in sorted(self.collections[collection].items())]


class DictionaryLedger:
    """Plans by batch. A batch dies at its commit, everything written, while `dies_at_commit` is true."""

    def __init__(self) -> None:
        self.plans: dict[BatchId, BatchPlan] = {}
        self.committed: dict[BatchId, Committed] = {}
        self.dies_at_commit = False

    def earlier(self, batch: BatchId) -> BatchPlan | None:
        plan = self.plans.get(batch)
        return plan and replace(plan, contents=replace(plan.contents, problems={}))  # an entry does not have them

    def is_committed(self, batch: BatchId) -> bool:
        return batch in self.committed

    def files(self, but_of: str | None) -> set[str]:
        read = [each for each in self.committed if each.query_id != but_of]
        return {each["file"] for batch in read for each in self.plans[batch].logged.offsets if "file" in each}

    def plan(self, plan: BatchPlan) -> None:
        self.plans[plan.id] = plan

    def commit(self, committed: Committed) -> None:
        if self.dies_at_commit:
            raise Killed
        self.committed[committed.plan.id] = committed


class RisingCounts:
    """One more case each time it is asked."""

    def __init__(self) -> None:
        self.begun = 0
        self.asked = 0

    def begin(self) -> None:
        self.begun += 1

    def result(self) -> CaseCount:
        self.asked += 1
        return CaseCount(704_753_890 + self.asked, "live", "counting", AS_OF, FETCHED_AT)


class ListMonitor:
    """Everything it was told."""

    def __init__(self) -> None:
        self.began: list[BatchId] = []
        self.committed: list[Committed] = []
        self.skipped: list[BatchId] = []

    def batch_began(self, batch: BatchId) -> None:
        self.began.append(batch)

    def batch_committed(self, committed: Committed) -> None:
        self.committed.append(committed)

    def batch_skipped(self, batch: BatchId) -> None:
        self.skipped.append(batch)


class FakeJob:
    """A job of the socket source in a folder: tell it what it hears, then run it over that to the end."""

    def __init__(self, spark: SparkSession, folder: Path, **settings: object) -> None:
        given: dict[str, Any] = {"jobname": "fake", "source": "socket", "available_now": True} | settings
        self.settings = Settings(
            checkpoint=(folder / "checkpoint").as_uri(), spool=(folder / "spool").as_uri(), **given
        )
        self.sink = DictionarySink(self.settings)
        self.ledger = DictionaryLedger()
        self.counts = RisingCounts()
        self.monitor = ListMonitor()
        self.stop_requested = False
        self._spark = spark
        self._folder = folder

    def hear(self, events: Sequence[bytes | CutEvent]) -> None:
        writer = SpoolWriter(LocalFolder(self._folder / "spool"), 10**12, lambda: round(HEARD_AT.timestamp() * 1000))
        writer.append(events)
        writer.close()

    def run(self, kind: Callable[[JobParts], StreamProcessor] = SocketProcessor) -> StreamProcessor:
        """A new process's worth: what a batch dies of is raised."""
        processor = kind(self.parts())
        query = processor.write_stream()
        try:
            query.awaitTermination()
        except StreamingQueryException:
            if processor.failure is None:
                raise
            raise processor.failure from None
        return processor

    def parts(self) -> JobParts:
        return JobParts(
            self._spark, self.settings, self.sink, self.ledger, self.counts, self.monitor, lambda: self.stop_requested
        )

    def forget_spark_commit(self, batch: int) -> None:
        """As if the process had died before Spark noted that the batch was done."""
        for path in (self._folder / "checkpoint" / "commits").glob(f"*{batch}*"):
            path.unlink()

    @property
    def documents(self) -> list[dict[str, Any]]:
        return self.sink.stored("micro_batches")

    @property
    def dead_letters(self) -> list[dict[str, Any]]:
        return self.sink.stored("dead_letters")

    @property
    def removals(self) -> list[dict[str, Any]]:
        return self.sink.stored("removals")

    @property
    def content(self) -> list[dict[str, Any]]:
        """The posts of all documents, in the documents' order."""
        return [post for document in self.documents for post in document["content"]]


def to_bson(frame: DataFrame) -> list[bytes]:
    """Each row as the connector would write it: long is int64, timestamp a date, whatever this machine's zone."""
    columns = [_as_milliseconds(F.col(field.name), field.dataType).alias(field.name) for field in frame.schema]
    return [bson.encode(_value(row.asDict(), frame.schema)) for row in frame.select(columns).collect()]


def _as_milliseconds(column: Column, kind: DataType) -> Column:
    if isinstance(kind, TimestampType):
        return F.unix_millis(column)
    if isinstance(kind, ArrayType):
        return F.transform(column, lambda item: _as_milliseconds(item, kind.elementType))
    if isinstance(kind, StructType):
        fields = [_as_milliseconds(column[each.name], each.dataType).alias(each.name) for each in kind]
        return F.when(column.isNotNull(), F.struct(*fields))
    return column


def _value(value: Any, kind: DataType) -> Any:  # noqa: ANN401 - a value of any of Spark's types
    if value is None:
        return None
    if isinstance(kind, StructType):
        fields = value if isinstance(value, Mapping) else value.asDict()
        return {field.name: _value(fields[field.name], field.dataType) for field in kind}
    if isinstance(kind, ArrayType):
        return [_value(item, kind.elementType) for item in value]
    if isinstance(kind, TimestampType):
        return EPOCH + timedelta(milliseconds=value)
    if isinstance(kind, LongType):
        return Int64(value)
    return bytes(value) if isinstance(kind, BinaryType) else value
