"""(f) The same documents, already made and in memory, written by Spark's connector alone."""

import json
from datetime import UTC, datetime
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from bench.task import Task, report
from case_count import CaseCount
from ledger.database import connect
from micro_batch import BatchId, BatchPlan, LoggedBatch
from processors.events import post_or_problem
from processors.rows import with_outcome
from runtime.session import open_session
from settings import Settings
from sinks.mongo import MongoSink


def main(task: Task) -> None:
    """The documents of one batch, as often as the topic has batches, under new ids each time."""
    spark = open_session(task.name, Path())
    settings = Settings(jobname=task.name, source="kafka", database=task.database)
    sink = MongoSink(settings, task.uri, connect(task.uri, task.database), lambda: None)
    documents = _documents(_rows(spark, task, settings), sink).persist()
    documents.count()
    report(0)
    for number in range(1, task.events // task.batch + 1):
        again = documents.withColumn("_id", F.concat(F.lit(f"{number}:"), F.col("_id")))
        sink.write(again, "micro_batches")
        report(number * task.batch)
    spark.stop()


def _rows(spark: SparkSession, task: Task, settings: Settings) -> DataFrame:
    share = {str(partition): task.batch // task.partitions for partition in range(task.partitions)}
    messages = (
        spark.read.format("kafka")
        .option("kafka.bootstrap.servers", task.bootstrap)
        .option("subscribe", task.topic)
        .option("endingOffsets", json.dumps({task.topic: share}))
        .load()
    )
    origin = F.concat_ws("/", "topic", F.col("partition").cast("string"), F.col("offset").cast("string"))
    events = messages.select("value", origin.alias("origin"), F.col("timestamp").alias("received_at"))
    return with_outcome(events, post_or_problem, settings).persist()


def _documents(rows: DataFrame, sink: MongoSink) -> DataFrame:
    contents = sink.measure(rows)
    logged = LoggedBatch(datetime.now(UTC), ())
    count = CaseCount(1, "live", "bench")
    plan = BatchPlan(BatchId("bench", 0), logged, contents, sink.parts(rows, contents), count)
    return sink.documents(rows, plan)


if __name__ == "__main__":
    main(Task.from_arguments())
