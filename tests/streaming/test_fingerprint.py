"""The content hash in plain Python is Spark's, whatever a post holds."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from processors.posts import POST
from sinks.fingerprint import content_hash, fingerprint, of_dead_letter, of_post
from tests.generated import generated

COMPLETE = POST.removesuffix(">") + ", received_at: TIMESTAMP, source: STRING, origin: STRING>"
ROW = f"number INT, post {COMPLETE}, problem STRING, origin STRING, sha256 STRING"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Fields = dict[str, Any]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
perhaps = st.none() | texts
lists = st.lists(texts, max_size=4)
times = st.integers(-80_000_000_000_000, 8_000_000_000_000).map(lambda each: EPOCH + timedelta(milliseconds=each // 2))
numbers = st.none() | st.integers(0, 2**53)
metrics = st.none() | st.fixed_dictionaries(
    {"likes": numbers, "reposts": numbers, "replies": numbers, "quotes": numbers}
)
posts = st.fixed_dictionaries(
    dict.fromkeys(("id", "kind", "text", "raw_text", "source", "origin"), texts)
    | dict.fromkeys(("lang", "author", "refers_to", "edit_of"), perhaps)
    | dict.fromkeys(("hashtags", "mentions", "urls"), lists)
    | {"created_at": times, "received_at": times, "metrics": metrics}
)


def post(**fields: Any) -> Fields:  # noqa: ANN401 - a post's own fields
    usual: Fields = dict.fromkeys(("id", "kind", "text", "raw_text", "source", "origin"), "x")
    usual |= dict.fromkeys(("lang", "author", "refers_to", "edit_of", "metrics"))
    return usual | {"hashtags": [], "mentions": [], "urls": [], "created_at": EPOCH, "received_at": EPOCH} | fields


EXTREMES = [
    post(),
    post(text="", raw_text="👩🏽‍🔬 \U0001f600\U0010ffff\x00", lang=""),
    post(text="long " * 100_000, hashtags=["#"] * 50_000),
    post(hashtags=["", "", "é"], mentions=[""], urls=[None, "a", None]),
    post(hashtags=None, created_at=None),
    post(created_at=datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
    post(created_at=datetime(1850, 1, 1, tzinfo=UTC), received_at=datetime(2100, 12, 31, 23, 59, 59, 999_000, UTC)),
    post(metrics={"likes": None, "reposts": None, "replies": None, "quotes": None}),
    post(metrics={"likes": 2**53, "reposts": 0, "replies": None, "quotes": 1}),
]


def test_every_generated_post_has_the_hash_that_spark_gives_it(spark: SparkSession) -> None:
    all_posts = [*EXTREMES, *generated(posts, 500)]
    rows = [(number, each, None, None, None) for number, each in enumerate(all_posts)]
    found = spark.createDataFrame(rows, ROW).select("number", fingerprint().alias("hash")).collect()
    assert len(found) == len(all_posts)
    for row in found:
        assert content_hash(row["hash"]) == content_hash(of_post(all_posts[row["number"]]))


def test_every_generated_dead_letter_has_the_hash_that_spark_gives_it(spark: SparkSession) -> None:
    letters = generated(st.fixed_dictionaries({"origin": texts, "problem": texts, "sha256": texts}), 100)
    rows = [(number, None, each["problem"], each["origin"], each["sha256"]) for number, each in enumerate(letters)]
    found = spark.createDataFrame(rows, ROW).select("number", fingerprint().alias("hash")).collect()
    for row in found:
        assert content_hash(row["hash"]) == content_hash(of_dead_letter(letters[row["number"]]))


def test_a_batch_has_the_same_sum_in_both(spark: SparkSession) -> None:
    some = generated(posts, 200)
    rows = [(number, each, None, None, None) for number, each in enumerate(some)]
    found = spark.createDataFrame(rows, ROW).agg(F.sum(fingerprint())).collect()[0][0]
    assert content_hash(found) == content_hash(sum(map(of_post, some)))
