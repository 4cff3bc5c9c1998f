"""Events that are told, and what the job makes rows of."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from processors.events import post_or_problem
from processors.rows import with_outcome
from tests.streaming.fakes import EPOCH, HEARD_AT, FakeJob

Frame = Callable[[Sequence[bytes | None]], DataFrame]
Read = Callable[[Sequence[bytes | str]], list[dict[str, Any]]]


@pytest.fixture
def events(spark: SparkSession) -> Frame:
    """A frame as `read_stream` gives it, the number of each event for its origin."""

    def make(values: Sequence[bytes | None]) -> DataFrame:
        rows = [(value, str(number), HEARD_AT) for number, value in enumerate(values)]
        return spark.createDataFrame(rows, "value BINARY, origin STRING, received_at TIMESTAMP")

    return make


@pytest.fixture
def read(events: Frame, tmp_path: Path, spark: SparkSession) -> Read:
    """What `events.post_or_problem` makes of events: for each its post's fields, or `{"problem": …}`."""
    settings = FakeJob(spark, tmp_path).settings

    def outcomes(values: Sequence[bytes | str]) -> list[dict[str, Any]]:
        frame = events([value.encode() if isinstance(value, str) else value for value in values])
        return [outcome(row) for row in ordered(with_outcome(frame, post_or_problem, settings))]

    return outcomes


def ordered(rows: DataFrame) -> list[Row]:
    """Rows in the order of their events; `created_at` beside the post, in milliseconds."""
    created_at = F.unix_millis(F.col("post.created_at")).alias("created_at")
    return sorted(rows.select("*", created_at).collect(), key=lambda row: int(row["origin"]))


def outcome(row: Row) -> dict[str, Any]:
    """One of the five shapes, checked: a post, a problem, a removal, a post in the place of another, or nothing."""
    there = {name for name in ("post", "problem", "removes") if row[name] is not None}
    assert there in ({"post"}, {"problem"}, {"removes"}, {"post", "removes"}, set()), row
    assert row["filtered"] == (not there), row
    if "post" not in there:
        return {name: row[name] for name in there}
    post: dict[str, Any] = row["post"].asDict(recursive=True)
    return post | {"created_at": EPOCH + timedelta(milliseconds=row["created_at"])}
