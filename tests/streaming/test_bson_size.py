"""The size of a batch is known before it is written: `bson_bytes` is never less than what BSON takes."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
from bson.int64 import Int64
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from processors.posts import POST
from processors.rows import with_outcome
from processors.socket import SocketProcessor
from sinks.documents import bson_bytes
from tests.generated import generated
from tests.streaming.fakes import HEARD_AT, FakeJob

TWEETS = (Path(__file__).parents[2] / "demo" / "tweets.txt").read_text(encoding="utf-8").split("\n")[:-1]
TIME = datetime(2020, 4, 1, tzinfo=UTC)
COMPLETE = POST.removesuffix(">") + ", received_at: TIMESTAMP, source: STRING, origin: STRING>"

Post = dict[str, Any]


def test_no_generated_post_is_larger_than_its_bound(spark: SparkSession) -> None:
    texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    names, lists = st.none() | texts, st.lists(texts, max_size=12)
    metrics = st.none() | st.builds(counts, st.none() | st.integers(0, 2**53))
    ids = {"author": names, "refers_to": names, "edit_of": names}
    posts = st.builds(post, text=texts, raw_text=texts, metrics=metrics, hashtags=lists, mentions=lists, **ids)
    assert_bounded(spark, generated(posts, 500))


def test_no_extreme_post_is_larger_than_its_bound(spark: SparkSession) -> None:
    letters = ["a"] * 333_333
    extremes = [
        post(),
        post(hashtags=letters),
        post(hashtags=letters, mentions=letters, urls=letters),
        post(hashtags=[""] * 100_001),
        post(text="x" * 1_000_000, raw_text="é" * 500_000),
        post(author="😀" * 512, id="x" * 512, origin="t" * 300, source="package." * 20),
        post(lang=None, author=None),
        post(refers_to="😀" * 512, edit_of="9" * 512, metrics=counts(2**53)),
        post(metrics=counts(None)),
    ]
    assert_bounded(spark, extremes)


def test_the_bound_of_real_tweets_is_close(spark: SparkSession, tmp_path: Path) -> None:
    processor = SocketProcessor(FakeJob(spark, tmp_path).parts())
    events = spark.createDataFrame(
        [(tweet.encode(), f"20260102T030405-0123456789ab-000000:{n:012}", HEARD_AT) for n, tweet in enumerate(TWEETS)],
        "value BINARY, origin STRING, received_at TIMESTAMP",
    )
    rows = with_outcome(events, processor.process, processor.settings).where("post is not null")
    for found in rows.select("post", bson_bytes(F.col("post")).alias("bound")).collect():
        real = element_bytes(found["post"].asDict(recursive=True))
        assert real <= found["bound"] <= 1.5 * real


def test_one_letter_hashtags_make_a_post_no_larger_than_settings_reckon_with(
    spark: SparkSession, tmp_path: Path
) -> None:
    processor = SocketProcessor(FakeJob(spark, tmp_path).parts())
    worst = [(piece * 1_000_000)[:999_999] for piece in (b"#a ", b"@a ", b"#a @b ", b"www.a ", b"x")]
    events = spark.createDataFrame(
        [(event, str(n), HEARD_AT) for n, event in enumerate(worst)],
        "value BINARY, origin STRING, received_at TIMESTAMP",
    )
    rows = with_outcome(events, processor.process, processor.settings)
    bounds = [row["bound"] for row in rows.select(bson_bytes(F.col("post")).alias("bound")).collect()]
    assert len(bounds) == len(worst)
    assert max(bounds) < processor.settings.max_document_bytes - 100_000


def post(**fields: Any) -> Post:  # noqa: ANN401 - a post's own fields
    usual: Post = {"id": "1", "kind": "post", "text": "", "raw_text": "", "lang": "en", "author": "7"}
    usual |= {"refers_to": None, "edit_of": None, "metrics": None}
    lists: Post = {"hashtags": [], "mentions": [], "urls": []}
    rest: Post = {"created_at": TIME, "received_at": TIME, "source": "socket", "origin": "o:1"}
    return usual | lists | rest | fields


def counts(likes: int | None) -> dict[str, int | None]:
    return {"likes": likes, "reposts": 1, "replies": None, "quotes": 0}


def assert_bounded(spark: SparkSession, posts: list[Post]) -> None:
    frame = spark.createDataFrame([(number, each) for number, each in enumerate(posts)], f"number INT, post {COMPLETE}")
    bounds = frame.select("number", bson_bytes(F.col("post")).alias("bound")).collect()
    assert len(bounds) == len(posts)
    for row in bounds:
        assert element_bytes(posts[row["number"]]) <= row["bound"]


def element_bytes(value: Post) -> int:
    """What the post takes in `content`, at an index of seven digits."""
    metrics = value["metrics"]
    numbers = metrics and {name: None if number is None else Int64(number) for name, number in metrics.items()}
    return len(bson.encode({"1234567": value | {"metrics": numbers}})) - len(bson.encode({}))
