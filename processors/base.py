"""`StreamProcessor`, what a source of posts is, and what it is handed."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from case_count import CaseCount
from errors import StopRequested
from log_context import in_batch
from micro_batch import BatchId, Committed, LoggedBatch
from processors.offset_log import OffsetLog
from processors.rows import with_outcome
from processors.storing import ForgottenIds, Ledger, NothingForgotten, Sink, Storing
from settings import Settings


class Counts(Protocol):
    """The case count, fetched beside the batch's own work."""

    def begin(self) -> None:
        """Start fetching; no wait."""

    def result(self) -> CaseCount:
        """The number to store with this batch; a bounded wait.

        What keeps a number away is in its status and no error; anything raised here ends the batch.
        """


class Monitor(Protocol):
    """Who watches."""

    def batch_began(self, batch: BatchId) -> None:
        """Spark handed over a batch."""

    def batch_committed(self, committed: Committed) -> None:
        """The batch is stored."""

    def batch_skipped(self, batch: BatchId) -> None:
        """Spark handed over a batch that is stored already."""


@dataclass(frozen=True)
class JobParts:
    """Everything that a processor is handed.

    counts, monitor: told of each batch by the processor. stop_requested: whether the job is to stop, asked before each
    batch. stored_offsets: what `StreamProcessor.offsets` gave for the job's last committed batch, where a fresh
    checkpoint is to go on from there. forgotten: what no batch may store.
    """

    spark: SparkSession
    settings: Settings
    sink: Sink
    ledger: Ledger
    counts: Counts
    monitor: Monitor
    stop_requested: Callable[[], bool]
    stored_offsets: tuple[Mapping[str, Any], ...] = ()
    forgotten: ForgottenIds = field(default_factory=NothingForgotten)


class StreamProcessor(ABC):
    """One source of posts: a subclass says where events come from and how one event becomes a post.

    Guarantee: a batch whose offsets Spark has logged holds the same rows whenever it is run again, so `read_stream`
    must be replayable (Kafka; files that never change). Everything else follows: documents have deterministic ids,
    the count and the parts are fixed in the ledger before the first write, and a committed batch is skipped.

    A source that pushes extends `processors.push.PushProcessor` and names its receiver. docs/add-a-source.md builds
    one, and `pytest tests/contract --plugin package.module:Class` tries it.
    """

    requires: ClassVar[tuple[str, ...]] = ()
    """Names of the settings without which this source cannot run."""
    receiver: ClassVar[str | None] = None
    """`package.module:Class` of the receiver that fills the spool, for a source that pushes."""

    removes: ClassVar[bool] = False
    """Whether its feed is known to delete or edit posts. Any may, but where it is known their ids are indexed from the
    start; else from the first such event on, which may take long where much is stored."""

    def __init__(self, parts: JobParts) -> None:
        self.parts = parts
        self.spark = parts.spark
        self.settings = parts.settings
        self.offset_log = OffsetLog(parts.spark, str(parts.settings.checkpoint))
        self.failure: BaseException | None = None
        """What ended the last batch function that failed."""
        self.running: int | None = None
        """The number of the batch in hand."""
        self.last_batch: int | None = None
        """The number of the last batch that ended well in this process."""
        self.batches_stored = 0

    @abstractmethod
    def read_stream(self) -> DataFrame:
        """A streaming frame of events.

        Columns: value binary (the event as received; null: a tombstone, counted and no more), origin string (unique
        for ever, not null), received_at timestamp (not null); optional: cut struct<length bigint, sha256 string> where
        only the start of an event was kept (length in bytes; else null), headers array<struct<key string, value
        binary>> (null where there are none). Raises CannotStart where it never can; after OSError, pymongo's errors and
        such of Spark's as may pass (`runtime.failures`) it is called again.
        """

    @abstractmethod
    def process(self, event: Column) -> Column:
        """One decoded event (string) to struct<post `posts.POST`, problem string, removes string>.

        Of these there is: post alone; problem alone, a dead letter; removes alone, the id of a post that was deleted;
        post and removes, an edit, which comes in the place of whatever was stored under that id; or none, an event that
        is left out on purpose. `posts.post_only`, `problem_only`, `removal_only`, `removal_of_author` (removes names an
        author who is gone) and `left_out` make it; a struct without `removes` removes nothing. problem: not_json,
        no_text, bad_field or not_a_post. A post may leave `id` and `created_at` null: they become a hash of the origin,
        and the time of receipt. Native Spark expressions only.
        """

    def offsets(self, batch_id: int) -> tuple[Mapping[str, Any], ...]:
        """Where the batch lies in the source, for the ledger (`offsets` in docs/data.md); what BSON can hold.

        By default one object with Spark's own offsets, as JSON has them: from (null before the first batch), until.
        Raises OSError where the checkpoint cannot be read.
        """
        return ({"from": self.offset_log.end(batch_id - 1), "until": self.offset_log.end(batch_id)},)

    def write_stream(self) -> StreamingQuery:
        """Start the query: a trigger every `trigger_seconds`, or once over what is there with `available_now`.

        Raises what `read_stream` raises. What ends the query later is in `failure`, or Spark's own.
        """
        rows = with_outcome(self.read_stream(), self.process, self.settings)
        writer = rows.writeStream.queryName(self.settings.jobname).option(
            "checkpointLocation", str(self.settings.checkpoint)
        )
        if self.settings.available_now:
            writer = writer.trigger(availableNow=True)
        else:
            writer = writer.trigger(processingTime=f"{round(self.settings.trigger_seconds * 1000)} milliseconds")
        return writer.foreachBatch(self._run_micro_batch).start()

    def process_micro_batch(self, batch: DataFrame, batch_id: int) -> None:
        """Posts and case count to documents, dead letters and a ledger entry; a replay writes the same bytes.

        batch: `processors.rows`. Raises StopRequested, having done nothing, when the job is to stop; LeaseLost; what
        Spark and pymongo raise, and OSError, after which the batch is run again (`runtime.failures`).
        """
        if self.parts.stop_requested():
            raise StopRequested
        # Spark 3.5, StreamExecution.QUERY_ID_KEY: set in the thread that calls the batch function.
        batch_name = BatchId(str(self.spark.sparkContext.getLocalProperty("sql.streaming.queryId")), batch_id)
        if self.parts.ledger.is_committed(batch_name):
            self.parts.monitor.batch_skipped(batch_name)
            return
        with in_batch(batch_name):
            self._store(batch, batch_name)

    def _store(self, batch: DataFrame, name: BatchId) -> None:
        self.parts.monitor.batch_began(name)
        self.parts.counts.begin()
        committed = Storing(self.parts.sink, self.parts.ledger, self.parts.forgotten, self.write).store(
            batch,
            name,
            self.parts.counts.result,
            lambda: LoggedBatch(self.offset_log.timestamp(name.number), self.offsets(name.number)),
        )
        self.parts.monitor.batch_committed(committed)

    def write(self, documents: DataFrame, collection: str) -> None:
        """Hand documents, laid out as the collection has them (docs/data.md), to the sink; raises as `Sink.write`.

        A subclass that stores them elsewhere too does it here, and so that doing it twice changes nothing: a batch may
        be run again.
        """
        self.parts.sink.write(documents, collection)

    def unreachable(self) -> str | None:
        """Why the source cannot be reached now, a sentence; None when it can be, or need not.

        Asked again and again before the query starts, for `start_timeout_seconds`. Raises CannotStart where waiting
        would not help.
        """
        return None

    def between_batches(self) -> None:  # noqa: B027 - most sources have nothing to do then
        """Called while no batch runs, and the last one is committed by Spark; nothing by default.

        What it raises ends the query, as an error of a batch does.
        """

    def _run_micro_batch(self, batch: DataFrame, batch_id: int) -> None:
        self.running = batch_id
        try:
            self.process_micro_batch(batch, batch_id)
        except BaseException as failure:
            self.failure = failure  # Spark hands its caller the text only
            raise
        finally:
            self.running = None
        self.last_batch = batch_id
        self.batches_stored += 1
