"""Spark reads the posts that the loader loads."""

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

import casestream
from casestream.spark import read_posts
from tests.conftest import Documents
from tests.filled import BEGIN, Filling, fill


def rows_of(frame: DataFrame) -> list[dict[str, Any]]:
    """What Spark reads, in the loader's order."""
    found = [row.asDict(recursive=True) for row in frame.collect()]
    return sorted(found, key=lambda row: (row["timestamp"], row["batch"], row["created_at"], row["origin"]))


def loaded(table: pa.Table) -> list[dict[str, Any]]:
    """What the loader loads, times as Spark has them in Python: without a zone, in that of this process."""
    return [{name: _local(value) for name, value in row.items()} for row in table.to_pylist()]


def _local(value: object) -> object:
    return value.astimezone().replace(tzinfo=None) if isinstance(value, datetime) else value


def test_spark_reads_what_the_loader_loads(spark: SparkSession, mongodb_uri: str, database: Documents) -> None:
    fill(database, Filling(batches=3, posts=20, parts=2))
    fill(database, Filling(job="other", query="other", batches=2, posts=3, total_case_count=-1, status="never"))
    database["batches"].update_one({"_id": "other:1"}, {"$set": {"state": "planned"}})
    found = rows_of(read_posts(spark, mongodb_uri, database=database.name))
    assert found == loaded(casestream.load_posts(database, as_="arrow"))
    assert len(found) == 63


def test_spark_reads_a_job_in_a_range_and_only_what_the_columns_need(
    spark: SparkSession, mongodb_uri: str, database: Documents
) -> None:
    fill(database, Filling(batches=3, posts=4))
    fill(database, Filling(job="other", query="other", batches=3, posts=3))
    until = BEGIN + timedelta(seconds=20)
    columns = ["likes", "total_case_count"]
    frame = read_posts(
        spark, mongodb_uri, database=database.name, job="covid", since=BEGIN, until=until, columns=columns
    )
    wanted = casestream.load_posts(database, job="covid", until=until, columns=columns, as_="arrow")
    assert [row.asDict() for row in frame.collect()] == wanted.to_pylist()
    assert len(wanted) == 4
    assert frame.schema == T.StructType().add("likes", T.LongType()).add("total_case_count", T.LongType())
    assert "raw_text" not in frame._jdf.queryExecution().toString()
