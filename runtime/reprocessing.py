"""Dead letters out of the database, through the `process` of their source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from bson import json_util
from pymongo.database import Database
from pyspark.sql import DataFrame, SparkSession

from case_count import UNKNOWN, CaseCount
from casestream import __version__
from clock import Clock
from ledger.batches import BatchLedger
from ledger.forgotten import ForgottenLog
from micro_batch import BatchId, Committed
from processors.base import JobParts, StreamProcessor
from processors.rows import with_outcome
from runtime.plugins import processor_class
from settings import Settings
from sinks.mongo import MongoSink

_LETTER = "_id STRING, raw BINARY, origin STRING, received_at TIMESTAMP, problem STRING"
_FIELDS = {"raw": 1, "origin": 1, "received_at": 1, "problem": 1}
_NAMES = {"raw": "value", "_id": "letter", "problem": "former_problem"}
_ONE_PARTITION = "com.mongodb.spark.sql.connector.read.partitioner.SinglePartitionPartitioner"


@dataclass(frozen=True)
class Place:
    """Where a job's documents are, by pymongo and by URI; fence raises LeaseLost where another may write there.

    epoch: see `ledger.batches`.
    """

    uri: str
    database: Database[dict[str, Any]]
    fence: Callable[[], None]
    epoch: int

    def sink(self, settings: Settings) -> MongoSink:
        """Where documents go."""
        return MongoSink(settings, self.uri, self.database, self.fence)


class Reprocessing:
    """One job's sources, made without anything to listen to. settings: the job's, but for the source."""

    def __init__(self, spark: SparkSession, place: Place, settings: Settings, clock: Clock) -> None:
        self._spark = spark
        self._place = place
        self._clock = clock
        self.forgotten = ForgottenLog(place.database, clock)
        self._processor = cache(lambda source: self._make_processor(settings.model_copy(update={"source": source})))

    def parts(self, source: str) -> JobParts:
        """What that source is handed. Raises FixSettings where there is no such source."""
        return self._processor(source).parts

    def rows(self, source: str, chosen: Mapping[str, Any]) -> DataFrame:
        """`processors.rows` of the source's letters that the filter finds, with `letter` (`_id`) and `former_problem`.

        chosen: MongoDB's filter of `dead_letters`. Raises FixSettings where there is no such source; what MongoDB says
        comes out of an action on the rows, as Spark's error.
        """
        processor = self._processor(source)
        pipeline = [{"$match": {**chosen, "source": source}}, {"$project": _FIELDS}]
        letters = (
            self._spark.read.format("mongodb")
            .schema(_LETTER)
            .option("connection.uri", self._place.uri)
            .option("database", self._place.database.name)
            .option("collection", "dead_letters")
            .option("partitioner", _ONE_PARTITION)  # the others ask for statistics that not every server has
            .option("aggregation.pipeline", json_util.dumps(pipeline, json_options=json_util.CANONICAL_JSON_OPTIONS))
            .load()
            .withColumnsRenamed(_NAMES)
        )
        return with_outcome(letters, processor.process, processor.settings, also=("letter", "former_problem"))

    def _make_processor(self, settings: Settings) -> StreamProcessor:
        ledger = BatchLedger(self._place.database, settings, __version__, self._clock, self._place.epoch)
        sink = self._place.sink(settings)
        return processor_class(settings.source)(
            JobParts(self._spark, settings, sink, ledger, _Nobody(), _Nobody(), lambda: False, forgotten=self.forgotten)
        )


class _Nobody:
    """Fetches no count, and does not watch."""

    def begin(self) -> None: ...

    def result(self) -> CaseCount:
        return CaseCount(UNKNOWN, "never", "")

    def batch_began(self, batch: BatchId) -> None: ...

    def batch_committed(self, committed: Committed) -> None: ...

    def batch_skipped(self, batch: BatchId) -> None: ...
