"""An object of JSON to an outcome, and the times in it."""

from datetime import UTC, datetime
from typing import Any

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from processors.instants import since_1970
from processors.json_event import object_or_problem
from processors.posts import post_of

FIELDS = "id STRING, text STRING, at STRING, gone BOOLEAN"


def outcomes(spark: SparkSession, *events: str) -> list[tuple[Any, ...]]:
    """Of each event its post's text, the problem, what it removes."""

    def problem(found: Column) -> Column:
        return F.when(found["text"].isNull(), "not_a_post")

    def post(found: Column) -> Column:
        return post_of(found["text"], id=found["id"])

    frame = spark.createDataFrame([(event,) for event in events], "event STRING").coalesce(1)
    outcome = object_or_problem(
        F.col("event"), FIELDS, problem, post, lambda found: F.when(found["gone"], found["id"])
    ).alias("made")
    return [
        tuple(row) for row in frame.select(outcome).select("made.post.text", "made.problem", "made.removes").collect()
    ]


def test_an_event_that_ends_a_post_is_that_alone_and_what_is_no_object_ends_none(spark: SparkSession) -> None:
    assert outcomes(
        spark,
        '{"id":"1","gone":true}',
        '{"id":"1","text":"last words","gone":true}',
        '{"id":"1","text":"still here","gone":false}',
        '{"text":"of no id","gone":true}',
        '{"id":"1","gone":"true"}',
        '{"id":"1","gone":true},{"id":"2","gone":true}',
        '[{"id":"1","gone":true}]',
    ) == [
        (None, None, "1"),
        (None, None, "1"),
        ("still here", None, None),
        ("of no id", None, None),
        (None, "not_a_post", None),
        (None, "not_json", None),
        (None, "not_a_post", None),
    ]


def test_seconds_since_1970_are_a_time_in_whole_milliseconds_and_all_else_is_none(spark: SparkSession) -> None:
    numbers = ["1767323045.25", "1767323045.257", "1.767323045257E9", "1.005", "4133980799", "1.7e9"]
    others = [
        "4133980800",
        "1e300",
        "-1",
        "NaN",
        "Infinity",
        "1767323045d",
        "",
        " 1",
        "1.2.3",
        "2026-01-02",
        "true",
        "1\n",
    ]
    frame = spark.createDataFrame([(each,) for each in [*numbers, *others]], "at STRING").coalesce(1)
    of_json = F.from_json(F.concat(F.lit('{"at":'), F.col("at"), F.lit("}")), "at STRING")["at"]
    rows = frame.select(
        F.unix_millis(since_1970(F.col("at"))),
        F.unix_millis(since_1970(of_json)),
        F.unix_millis(since_1970(F.col("at").cast("double"))),
    ).collect()
    read = [1767323045250, 1767323045257, 1767323045257, 1005, 4133980799000, 1700000000000]
    assert [row[0] for row in rows] == [*read, *[None] * len(others)]
    assert [row[1] for row in rows][: len(read)] == read
    assert [row[2] for row in rows][: len(read)] == read
    assert datetime.fromtimestamp(read[0] / 1000, UTC).year == 2026
