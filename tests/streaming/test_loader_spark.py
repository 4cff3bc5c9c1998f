"""Spark reads the posts that the loader loads."""

from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import types as T

import casestream
from casestream.spark import read_posts
from casestream.tables import POSTS
from tests.conftest import Documents
from tests.filled import BEGIN, Filling, fill


def rows_of(spark: SparkSession, uri: str, database: Documents, **asked: Any) -> list[dict[str, Any]]:
    """What Spark reads, as the loader orders it; times as milliseconds."""
    frame = read_posts(spark, uri, database=database.name, **asked)
    found = [row.asDict(recursive=True) for row in frame.collect()]
    return sorted(found, key=lambda row: (row["timestamp"], row["batch"], row["created_at"], row["origin"]))


def loaded(database: Documents, **asked: Any) -> list[dict[str, Any]]:
    """What the loader loads; times without a zone, as Spark has them in Python, in the session's UTC."""
    rows: list[dict[str, Any]] = casestream.load_posts(database, as_="arrow", **asked).to_pylist()
    times = [field.name for field in POSTS.fields if field.type == "date"]
    return [
        {**row, **{name: row[name] and row[name].replace(tzinfo=None) for name in times if name in row}} for row in rows
    ]


def test_spark_reads_what_the_loader_loads(spark: SparkSession, mongodb_uri: str, database: Documents) -> None:
    fill(database, Filling(batches=3, posts=20, parts=2))
    fill(database, Filling(job="other", query="other", batches=2, posts=3, total_case_count=-1, status="never"))
    database["batches"].update_one({"_id": "other:1"}, {"$set": {"state": "planned"}})
    wanted = loaded(database)
    assert len(wanted) == 63
    assert rows_of(spark, mongodb_uri, database) == wanted
    some = {"job": "covid", "since": BEGIN, "until": "2026-11-20T12:00:20Z"}
    assert rows_of(spark, mongodb_uri, database, **some) == loaded(database, **some)


def test_spark_reads_only_what_the_columns_need(spark: SparkSession, mongodb_uri: str, database: Documents) -> None:
    fill(database, Filling(batches=2, posts=5))
    frame = read_posts(spark, mongodb_uri, database=database.name, columns=["likes", "total_case_count"])
    assert frame.schema == T.StructType().add("likes", T.LongType()).add("total_case_count", T.LongType())
    assert [tuple(row) for row in frame.collect()] == [
        tuple(row.values())
        for row in casestream.load_posts(database, columns=["likes", "total_case_count"], as_="arrow").to_pylist()
    ]
    assert "raw_text" not in str(frame._jdf.queryExecution().toString())
