"""A processor over a spool, from what was heard to the documents: laid out, split, replayed, kept exactly once."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import bson
import pytest
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from errors import StopRequested
from processors.posts import clean_text, post_only, problem_only
from processors.push import PushProcessor
from processors.socket import SocketProcessor
from sinks.even_keys import _hash
from spool.segments import CutEvent
from tests.streaming.fakes import AS_OF, FETCHED_AT, HEARD_AT, FakeJob, Killed

TWEETS = (Path(__file__).parents[2] / "demo" / "tweets.txt").read_text(encoding="utf-8").split("\n")[:-1]
LIMIT = 8_000_000

DOCUMENT = (
    "struct<_id:string,schema_version:int,job:string,source:string,batch_id:bigint,part:int,parts:int,posts:int,"
    "content:array<struct<id:string,kind:string,text:string,raw_text:string,created_at:timestamp,"
    "received_at:timestamp,lang:string,author:string,refers_to:string,edit_of:string,"
    "metrics:struct<likes:bigint,reposts:bigint,replies:bigint,quotes:bigint>,"
    "hashtags:array<string>,mentions:array<string>,urls:array<string>,source:string,origin:string>>,"
    "timestamp:timestamp,total_case_count:bigint,"
    "case_count:struct<status:string,provider:string,as_of:timestamp,fetched_at:timestamp,flags:array<string>>>"
)
DEAD_LETTER = (
    "struct<_id:string,raw:binary,length:bigint,sha256:string,problem:string,origin:string,"
    "headers:array<struct<key:string,value:binary>>,job:string,source:string,batch_id:bigint,"
    "received_at:timestamp,requeued_at:timestamp>"
)


class ShoutProcessor(PushProcessor):
    """What somebody writes out of tree: lines in capitals, without arrays, questions refused."""

    receiver: ClassVar[str | None] = None

    def process(self, event: Column) -> Column:
        nothing = F.lit(None)
        post = F.struct(
            nothing.alias("id"),
            F.lit("post").alias("kind"),
            F.upper(clean_text(event)).alias("text"),
            event.alias("raw_text"),
            *(nothing.alias(name) for name in ("created_at", "lang", "author", "refers_to", "edit_of", "metrics")),
            *(nothing.alias(name) for name in ("hashtags", "mentions", "urls")),
        )
        return F.when(event.endswith("?"), problem_only("not_a_post")).otherwise(post_only(post))


@pytest.fixture
def job(spark: SparkSession, tmp_path: Path) -> FakeJob:
    """A job that has heard nothing yet."""
    return FakeJob(spark, tmp_path)


def test_a_micro_batch_is_one_document_laid_out_as_promised(job: FakeJob) -> None:
    job.hear([b"first", b'{"id":"7","text":"second","created_at":"2020-04-01T12:00:00Z","lang":"en","author":"me"}'])
    job.run()
    job.hear([b"third"])
    job.run()
    first, second = job.documents
    content = first.pop("content")
    (batch, next_batch) = sorted(job.ledger.plans)
    timestamp = job.ledger.plans[batch].logged.timestamp
    assert first == {
        "_id": f"{batch}:0",
        "schema_version": 1,
        "job": "fake",
        "source": "socket",
        "batch_id": 0,
        "part": 0,
        "parts": 1,
        "posts": 2,
        "timestamp": timestamp,
        "total_case_count": 704_753_891,
        "case_count": {
            "status": "live",
            "provider": "counting",
            "as_of": AS_OF,
            "fetched_at": FETCHED_AT,
            "flags": [],
        },
    }
    assert content[0] == {
        "id": "7",
        "kind": "post",
        "text": "second",
        "raw_text": "second",
        "created_at": datetime(2020, 4, 1, 12, tzinfo=UTC),
        "received_at": HEARD_AT,
        "lang": "en",
        "author": "me",
        "refers_to": None,
        "edit_of": None,
        "metrics": None,
        "hashtags": [],
        "mentions": [],
        "urls": [],
        "source": "socket",
        "origin": content[0]["origin"],
    }
    assert (content[1]["text"], content[1]["created_at"]) == ("first", HEARD_AT)
    assert (second["_id"], second["batch_id"], second["total_case_count"]) == (f"{next_batch}:0", 1, 704_753_892)
    assert job.sink.schemas["micro_batches"].simpleString() == DOCUMENT


def test_content_is_sorted_by_time_and_origin(job: FakeJob) -> None:
    times = [f"2020-04-01T12:00:{second:02}Z" for second in (30, 10, 30, 20, 10)]
    job.hear([json.dumps({"text": "x", "created_at": time}).encode() for time in times] + [b"y"] * 20)
    job.run()
    keys = [(post["created_at"], post["origin"]) for post in job.content]
    assert keys == sorted(keys)
    assert len({origin for _, origin in keys}) == 25


def test_a_run_without_events_writes_nothing(job: FakeJob) -> None:
    job.run()
    assert (job.documents, job.dead_letters, job.ledger.plans, job.sink.writes) == ([], [], {}, 0)


def test_a_batch_of_bad_events_is_dead_letters_and_no_document(job: FakeJob) -> None:
    long = b"x" * 100
    cut = CutEvent(long[:10], len(long), hashlib.sha256(long).hexdigest())
    job.hear([b"\xff\x00\r", cut, b"{"])
    job.run()
    letters = {letter["problem"]: letter for letter in job.dead_letters}
    assert set(letters) == {"not_utf8", "too_long", "not_json"}
    assert (letters["not_utf8"]["raw"], letters["not_utf8"]["length"]) == (b"\xff\x00\r", 3)
    assert letters["not_utf8"]["sha256"] == hashlib.sha256(b"\xff\x00\r").hexdigest()
    assert (letters["too_long"]["raw"], letters["too_long"]["length"]) == (cut.start, cut.length)
    assert letters["too_long"]["sha256"] == cut.sha256
    (plan,) = job.ledger.plans.values()
    for letter in letters.values():
        assert letter["_id"] == f"{plan.id.query_id}:{letter['origin']}"
        assert (letter["job"], letter["source"], letter["batch_id"]) == ("fake", "socket", 0)
        assert (letter["received_at"], letter["requeued_at"], letter["headers"]) == (HEARD_AT, None, None)
    assert job.sink.schemas["dead_letters"].simpleString() == DEAD_LETTER
    assert (job.documents, plan.parts, plan.contents.posts, plan.contents.dead_letters) == ([], 0, 0, 3)
    assert plan.contents.problems == {"not_utf8": 1, "too_long": 1, "not_json": 1}


def test_the_ledger_and_the_monitor_hear_of_a_batch(job: FakeJob) -> None:
    job.hear([b"a", b"b", b"{"])
    processor = job.run()
    ((batch, plan),) = job.ledger.plans.items()
    assert (plan.contents.posts, plan.contents.dead_letters, plan.contents.tombstones) == (2, 1, 0)
    assert plan.contents.newest_received_at == HEARD_AT
    assert [(each["lines"], each["duplicates"]) for each in plan.logged.offsets] == [(3, 0)]
    assert job.monitor.began == [batch]
    assert job.monitor.committed == [job.ledger.committed[batch]]
    assert set(job.ledger.committed[batch].spans) == {"process", "parts", "count", "plan", "documents", "dead_letters"}
    assert (processor.batches_stored, processor.last_batch, job.counts.begun) == (1, 0, 1)


def test_a_large_batch_becomes_parts_under_the_limit_that_are_the_whole_batch(job: FakeJob) -> None:
    tweets = [json.dumps({"id": str(n), "text": TWEETS[n % len(TWEETS)], "lang": "en"}) for n in range(60_000)]
    job.hear([tweet.encode() for tweet in tweets])
    job.run()
    sizes = [len(document) for document in job.sink.collections["micro_batches"].values()]
    assert max(sizes) < LIMIT
    assert 3 <= len(sizes) <= 2 * sum(sizes) / LIMIT + 1
    assert {document["parts"] for document in job.documents} == {len(sizes)}
    assert sorted(document["part"] for document in job.documents) == list(range(len(sizes)))
    assert sum(document["posts"] for document in job.documents) == 60_000
    assert sorted((int(post["id"]), post["raw_text"]) for post in job.content) == [
        (n, TWEETS[n % len(TWEETS)]) for n in range(60_000)
    ]
    (plan,) = job.ledger.plans.values()
    assert sum(sizes) <= plan.contents.bytes <= 1.5 * sum(sizes)


def test_a_few_huge_posts_among_many_small_ones_keep_every_part_under_the_limit(job: FakeJob) -> None:
    huge = [f"{n} ".encode() + b"long " * 180_000 for n in range(12)]
    small = [tweet.encode() for tweet in TWEETS]
    job.hear([*huge[:6], *small, *huge[6:]])
    job.run()
    sizes = [len(document) for document in job.sink.collections["micro_batches"].values()]
    assert max(sizes) < LIMIT
    assert len(job.content) == len(huge) + len(small)
    assert sorted(post["raw_text"].encode() for post in job.content) == sorted(huge + small)


def test_posts_too_large_to_share_a_part_have_one_each(spark: SparkSession, tmp_path: Path) -> None:
    job = FakeJob(spark, tmp_path, max_event_bytes=1_000, max_document_bytes=8_000)
    job.hear([b"#a " * 330] * 3)
    job.run()
    assert [document["posts"] for document in job.documents] == [1, 1, 1]


def test_a_replayed_batch_has_the_same_bytes_and_asks_for_no_count(spark: SparkSession, tmp_path: Path) -> None:
    job = FakeJob(spark, tmp_path, max_document_bytes=1_000_000, max_event_bytes=100_000)
    job.hear([tweet.encode() for tweet in TWEETS] + [b"{", b"\xff"])
    job.ledger.dies_at_commit = True
    with pytest.raises(Killed):
        job.run()
    first = {name: dict(collection) for name, collection in job.sink.collections.items()}
    assert len(first["micro_batches"]) > 2
    job.sink.collections["micro_batches"].clear()
    job.ledger.dies_at_commit = False
    with other_partitions(spark):
        job.run()
    assert job.sink.collections == first
    assert job.counts.asked == 1
    assert job.ledger.committed.keys() == job.ledger.plans.keys()
    (committed,) = job.monitor.committed
    assert (committed.is_replay, committed.plan.contents.problems) == (True, {"not_json": 1, "not_utf8": 1})


def test_a_batch_that_the_ledger_calls_committed_is_not_written_again(job: FakeJob) -> None:
    job.hear([b"a", b"{"])
    job.run()
    writes, began = job.sink.writes, list(job.monitor.began)
    job.forget_spark_commit(0)
    assert job.run().last_batch == 0
    assert (job.sink.writes, job.monitor.began, job.counts.begun) == (writes, began, 1)
    assert job.monitor.skipped == began
    assert [each.is_replay for each in job.monitor.committed] == [False]


def test_changed_code_leaves_nothing_of_an_earlier_attempt(spark: SparkSession, tmp_path: Path) -> None:
    job = FakeJob(spark, tmp_path, max_document_bytes=800_000, max_event_bytes=100_000)
    shorter = [b'{"text":"fine","id":"1"}', b'{"text":"cut', b'{"text":"cut too']
    job.hear([*shorter, *(b"question %d?" % n for n in range(4_000))])
    job.ledger.dies_at_commit = True
    with pytest.raises(Killed):
        job.run()
    assert len(job.documents) > 1
    assert len(job.dead_letters) == 2
    job.ledger.dies_at_commit = False
    job.run(ShoutProcessor)
    (document,) = job.documents
    assert (document["parts"], document["total_case_count"], job.counts.asked) == (1, 704_753_891, 1)
    assert sorted(post["raw_text"].encode() for post in document["content"]) == sorted(shorter)
    assert {letter["problem"] for letter in job.dead_letters} == {"not_a_post"}
    assert len(job.dead_letters) == 4_000


def test_a_stop_before_a_batch_leaves_nothing_behind_and_loses_nothing(job: FakeJob) -> None:
    job.hear([b"a"])
    job.stop_requested = True
    with pytest.raises(StopRequested):
        job.run()
    assert (job.sink.writes, job.ledger.plans, job.monitor.began, job.counts.begun) == (0, {}, [], 0)
    job.stop_requested = False
    job.run()
    assert [document["batch_id"] for document in job.documents] == [0]


def test_a_processor_from_out_of_tree_needs_no_more_than_process(job: FakeJob) -> None:
    job.hear([b"hello #world", b"really?"])
    job.run(ShoutProcessor)
    (post,) = job.content
    assert (post["text"], post["hashtags"], post["created_at"]) == ("HELLO WORLD", [], HEARD_AT)
    assert len(post["id"]) == 32
    assert [letter["raw"] for letter in job.dead_letters] == [b"really?"]


def test_stored_bytes_are_read_by_any_bson_library(job: FakeJob) -> None:
    job.hear([b"nul \x00 and \xf0\x9f\x98\x80"])
    job.run()
    (document,) = job.sink.collections["micro_batches"].values()
    assert bson.decode(document)["content"][0]["raw_text"] == "nul \x00 and 😀"


@contextmanager
def other_partitions(spark: SparkSession) -> Iterator[None]:
    """Files are read in many small pieces and shuffled otherwise, as on another machine."""
    others = {
        "spark.sql.files.maxPartitionBytes": "20000",
        "spark.sql.files.openCostInBytes": "1",
        "spark.sql.shuffle.partitions": "7",
        "spark.sql.adaptive.enabled": "false",
    }
    before = {name: str(spark.conf.get(name)) for name in others}
    for name, value in others.items():
        spark.conf.set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            spark.conf.set(name, value)


def test_each_part_is_made_by_a_task_of_its_own(spark: SparkSession, tmp_path: Path) -> None:
    job = FakeJob(spark, tmp_path, max_event_bytes=1_000, max_document_bytes=12_000)
    job.hear([b"%d" % number for number in range(300)])
    plans: list[list[int]] = []

    class Looked(SocketProcessor):
        def write(self, documents: DataFrame, collection: str) -> None:
            parts = documents.select("part", F.spark_partition_id().alias("task")).collect()
            plans.append([row["task"] for row in sorted(parts)])
            super().write(documents, collection)

    job.run(Looked)
    (tasks,) = plans
    assert tasks == list(range(len(job.documents)))
    assert len(tasks) > 4


def test_the_keys_of_parts_are_hashed_as_spark_does(spark: SparkSession) -> None:
    numbers = spark.range(100).select(F.hash(F.col("id").cast("int"))).collect()
    assert [row[0] for row in numbers] == [_hash(key) for key in range(100)]
