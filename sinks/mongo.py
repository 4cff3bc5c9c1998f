"""Documents to MongoDB: the Spark connector writes them, pymongo removes what an earlier attempt left.

https://www.mongodb.com/docs/spark-connector/v10.5/batch-mode/batch-write-config/
"""

from collections.abc import Callable
from typing import Any

from pymongo.database import Database
from pyspark.sql import DataFrame

from micro_batch import BatchId, BatchPlan, Contents, ids_below
from settings import Settings
from sinks import documents

# So many documents the connector holds in memory at once, in each task: parts are up to 16 MB, dead letters 2 MB.
_BATCH_SIZE = {"micro_batches": 2, "dead_letters": 16, "removals": 1_000}


class MongoSink:
    """Replace-upserts by `_id`, acknowledged by a majority and journalled: writing twice leaves one document.

    fence is called before each write and raises errors.LeaseLost when another process has taken the job over.
    """

    def __init__(
        self, settings: Settings, uri: str, database: Database[dict[str, Any]], fence: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._uri = uri
        self._database = database
        self._fence = fence

    def measure(self, rows: DataFrame) -> Contents:
        """See `documents.measure`."""
        return documents.measure(rows)

    def parts(self, rows: DataFrame, contents: Contents) -> int:
        """See `documents.choose_parts`."""
        return documents.choose_parts(rows, contents, self._settings.max_document_bytes)

    def documents(self, rows: DataFrame, plan: BatchPlan) -> DataFrame:
        """See `documents.documents`."""
        return documents.documents(rows, plan, self._settings.jobname, self._settings.source)

    def dead_letters(self, rows: DataFrame, plan: BatchPlan) -> DataFrame:
        """See `documents.dead_letters`."""
        return documents.dead_letters(rows, plan, self._settings.jobname, self._settings.source)

    def removals(self, rows: DataFrame, plan: BatchPlan) -> DataFrame:
        """See `documents.removals`."""
        return documents.removals(rows, plan, self._settings.jobname, self._settings.source)

    def discard(self, batch: BatchId) -> None:
        """Remove all that is stored of a batch that is not committed. Raises LeaseLost, and pymongo's errors."""
        self._fence()
        self._database["micro_batches"].delete_many({"_id": ids_below(batch)})
        for collection in ("dead_letters", "removals"):
            self._fence()
            self._database[collection].delete_many({"_id": ids_below(batch.query_id), "batch_id": batch.number})

    def write(self, documents: DataFrame, collection: str) -> None:
        """Store the documents. Raises LeaseLost, and the connector's errors as Spark has them (`runtime.failures`)."""
        self._save(documents, collection, {"operationType": "replace", "upsertDocument": "true"})

    def update(self, fields: DataFrame, collection: str) -> None:
        """Set these fields of the documents of those `_id`s, where they are there; all else of them stays.

        fields: `_id`, and what is to be set. Raises what `write` raises.
        """
        self._save(fields, collection, {"operationType": "update", "upsertDocument": "false"})

    def _save(self, documents: DataFrame, collection: str, operation: dict[str, str]) -> None:
        self._fence()
        (
            documents.write.format("mongodb")
            .mode("append")
            .option("connection.uri", self._uri)
            .option("database", self._settings.database)
            .option("collection", collection)
            .options(**operation)
            .option("idFieldList", "_id")
            .option("ordered", "false")
            .option("maxBatchSize", _BATCH_SIZE.get(collection, 1))
            .option("writeConcern.w", "majority")
            .option("writeConcern.journal", "true")
            .save()
        )
