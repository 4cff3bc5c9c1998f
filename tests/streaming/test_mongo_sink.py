"""`MongoSink` against a MongoDB: what is stored has the promised types, and writing twice leaves one of each."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bson
import pytest
from bson import CodecOptions
from bson.int64 import Int64
from bson.raw_bson import RawBSONDocument
from pyspark.sql import DataFrame, SparkSession

from case_count import UNKNOWN, CaseCount
from errors import LeaseLost
from micro_batch import BatchId, BatchPlan, LoggedBatch
from processors.rows import with_outcome
from processors.socket import SocketProcessor
from settings import Settings
from sinks.mongo import MongoSink
from tests.conftest import Documents
from tests.streaming.fakes import AS_OF, FETCHED_AT, HEARD_AT, FakeJob, to_bson

BATCH = BatchId("6f1d8a0e-0000-4000-8000-000000000001", 7)
TIMESTAMP = datetime(2026, 1, 2, 3, 4, 20, 1_000, tzinfo=UTC)
LIVE = CaseCount(704_753_890, "live", "worldometers", AS_OF, FETCHED_AT, ("stale", "fell"))
THREE = (
    b'{"id":"3","text":"three","created_at":"1970-01-01T00:00:00Z","public_metrics":{"like_count":5,"quote_count":0},'
    b'"referenced_tweets":[{"type":"quoted","id":"1"}],"edit_history_tweet_ids":["2","3"]}'
)
EVENTS = [b"one #two", THREE, b"\xff\x00\x80", b"{"]


class Stand:
    """A sink, its database, and rows made of events."""

    def __init__(self, spark: SparkSession, folder: Path, uri: str, database: Documents) -> None:
        self.settings: Settings = FakeJob(spark, folder, database=database.name).settings
        self.processor = SocketProcessor(FakeJob(spark, folder).parts())
        self.is_lost = False
        self.sink = MongoSink(self.settings, uri, database, self._fence)
        self.database = database
        self._spark = spark

    def _fence(self) -> None:
        if self.is_lost:
            raise LeaseLost("taken over")

    def rows(self, events: Sequence[bytes] = EVENTS) -> DataFrame:
        frame = self._spark.createDataFrame(
            [(event, f"seg:{number:012}", HEARD_AT) for number, event in enumerate(events)],
            "value BINARY, origin STRING, received_at TIMESTAMP",
        )
        return with_outcome(frame, self.processor.process, self.settings)

    def plan(self, rows: DataFrame, parts: int = 1, count: CaseCount = LIVE, batch: BatchId = BATCH) -> BatchPlan:
        return BatchPlan(batch, LoggedBatch(TIMESTAMP, ()), self.sink.measure(rows), parts, count)

    def store(self, rows: DataFrame, plan: BatchPlan) -> None:
        self.sink.write(self.sink.documents(rows, plan), "micro_batches")
        self.sink.write(self.sink.dead_letters(rows, plan), "dead_letters")

    def ids(self, collection: str) -> list[str]:
        return sorted(each["_id"] for each in self.database[collection].find({}, {"_id": 1}))

    def raw(self, collection: str) -> list[bytes]:
        stored = self.database.get_collection(collection, codec_options=CodecOptions(document_class=RawBSONDocument))
        return [bson.encode(document) for document in stored.find().sort("_id")]


@pytest.fixture
def stand(spark: SparkSession, tmp_path: Path, mongodb_uri: str, database: Documents) -> Stand:
    """A sink over an empty database."""
    return Stand(spark, tmp_path, mongodb_uri, database)


def test_a_document_is_read_back_with_the_promised_types(stand: Stand) -> None:
    rows = stand.rows()
    stand.store(rows, stand.plan(rows))
    (document,) = stand.database["micro_batches"].find()
    three, one = document.pop("content")
    assert document == {
        "_id": f"{BATCH}:0",
        "schema_version": 1,
        "job": "fake",
        "source": "socket",
        "batch_id": 7,
        "part": 0,
        "parts": 1,
        "posts": 2,
        "timestamp": TIMESTAMP,
        "total_case_count": 704_753_890,
        "case_count": {
            "status": "live",
            "provider": "worldometers",
            "as_of": AS_OF,
            "fetched_at": FETCHED_AT,
            "flags": ["stale", "fell"],
        },
    }
    assert {name: type(document[name]) for name in ("batch_id", "total_case_count", "part", "parts", "posts")} == {
        "batch_id": Int64,
        "total_case_count": Int64,
        "part": int,
        "parts": int,
        "posts": int,
    }
    assert three["created_at"] == datetime(1970, 1, 1, tzinfo=UTC)
    assert (three["kind"], three["refers_to"], three["edit_of"]) == ("quote", "1", "2")
    assert three["metrics"] == {"likes": 5, "reposts": None, "replies": None, "quotes": 0}
    assert {type(three["metrics"][name]) for name in ("likes", "quotes")} == {Int64}
    assert one == {
        "id": one["id"],
        "kind": "post",
        "text": "one two",
        "raw_text": "one #two",
        "created_at": HEARD_AT,
        "received_at": HEARD_AT,
        "lang": None,
        "author": None,
        "refers_to": None,
        "edit_of": None,
        "metrics": None,
        "hashtags": ["two"],
        "mentions": [],
        "urls": [],
        "source": "socket",
        "origin": "seg:000000000000",
    }


def test_a_dead_letter_is_read_back_with_its_very_bytes(stand: Stand) -> None:
    rows = stand.rows()
    stand.store(rows, stand.plan(rows))
    letters = list(stand.database["dead_letters"].find().sort("_id"))
    assert [letter["raw"] for letter in letters] == [b"\xff\x00\x80", b"{"]
    assert [letter["problem"] for letter in letters] == ["not_utf8", "not_json"]
    assert letters[0]["_id"] == f"{BATCH.query_id}:seg:000000000002"
    assert {type(letter[name]) for letter in letters for name in ("batch_id", "length")} == {Int64}
    assert letters[0].keys() >= {"headers", "requeued_at"}
    assert (letters[0]["headers"], letters[0]["requeued_at"], letters[0]["received_at"]) == (None, None, HEARD_AT)


def test_what_the_connector_stores_is_what_the_other_tests_reckon_with(stand: Stand) -> None:
    rows = stand.rows()
    plan = stand.plan(rows)
    stand.store(rows, plan)
    assert stand.raw("micro_batches") == to_bson(stand.sink.documents(rows, plan))
    assert stand.raw("dead_letters") == to_bson(stand.sink.dead_letters(rows, plan).sort("_id"))


def test_an_unknown_count_is_minus_one_as_int64_without_dates(stand: Stand) -> None:
    rows = stand.rows()
    stand.store(rows, stand.plan(rows, count=CaseCount(UNKNOWN, "never", "worldometers")))
    (document,) = stand.database["micro_batches"].find()
    assert (document["total_case_count"], type(document["total_case_count"])) == (-1, Int64)
    nothing: dict[str, object] = {"as_of": None, "fetched_at": None, "flags": []}
    assert document["case_count"] == {"status": "never", "provider": "worldometers", **nothing}


def test_the_count_of_a_batch_that_a_version_without_flags_has_planned_is_written_without_them(stand: Stand) -> None:
    rows = stand.rows()
    stand.store(rows, stand.plan(rows, count=replace(LIVE, flags=None)))
    (document,) = stand.database["micro_batches"].find()
    assert tuple(document["case_count"]) == ("status", "provider", "as_of", "fetched_at")


def test_writing_twice_leaves_the_same_bytes_once(stand: Stand) -> None:
    rows = stand.rows()
    plan = stand.plan(rows, parts=3)
    stand.store(rows, plan)
    first = stand.raw("micro_batches"), stand.raw("dead_letters")
    stand.store(stand.rows().repartition(4), plan)
    assert (stand.raw("micro_batches"), stand.raw("dead_letters")) == first


def test_what_a_post_refers_to_its_versions_and_its_metrics_are_in_the_content_hash(stand: Stand) -> None:
    others = [
        THREE,
        THREE.replace(b'[{"type":"quoted","id":"1"}]', b'[{"type":"quoted","id":"4"}]'),
        THREE.replace(b'["2","3"]', b'["1","3"]'),
        THREE.replace(b'"like_count":5', b'"like_count":6'),
        THREE.replace(b'"like_count":5,"quote_count":0', b'"reply_count":5,"quote_count":0'),
        THREE.replace(b'{"like_count":5,"quote_count":0}', b"null"),
    ]
    assert len({stand.sink.measure(stand.rows([event])).content_hash for event in others}) == len(others)


def test_a_changed_plan_replaces_parts_and_clears_the_rest_of_its_own_batch_only(stand: Stand) -> None:
    rows = stand.rows([b"post %d" % number for number in range(50)] + [b"{", b"\xff"])
    old, neighbour = stand.plan(rows, parts=4), stand.plan(rows, parts=4, batch=BatchId(BATCH.query_id, 70))
    stand.store(rows, old)
    stand.sink.write(stand.sink.documents(rows, neighbour), "micro_batches")
    fewer = stand.rows([b"post 1", b"{"])
    new = replace(stand.plan(fewer), logged=LoggedBatch(TIMESTAMP + timedelta(seconds=1), ()))
    stand.sink.discard(new.id)
    stand.store(fewer, new)
    assert stand.ids("micro_batches") == sorted([f"{BATCH}:0", *(f"{neighbour.id}:{part}" for part in range(4))])
    assert stand.ids("dead_letters") == [f"{BATCH.query_id}:seg:000000000001"]
    document = stand.database["micro_batches"].find_one({"_id": f"{BATCH}:0"})
    assert document is not None
    assert (document["posts"], document["timestamp"]) == (1, TIMESTAMP + timedelta(seconds=1))


def test_a_changed_plan_leaves_no_part_to_which_it_gives_no_post(stand: Stand) -> None:
    rows = stand.rows([b"post %d" % number for number in range(50)])
    stand.store(rows, stand.plan(rows, parts=4))
    fewer = stand.rows([b"post 1"])
    new = stand.plan(fewer, parts=4)
    stand.sink.discard(new.id)
    stand.store(fewer, new)
    assert len(stand.ids("micro_batches")) == 1


def test_an_abandoned_batch_is_discarded_whole(stand: Stand) -> None:
    rows = stand.rows()
    stand.store(rows, stand.plan(rows, parts=2))
    stand.sink.discard(BATCH)
    assert (stand.ids("micro_batches"), stand.ids("dead_letters")) == ([], [])


def test_a_job_that_was_taken_over_writes_and_removes_nothing(stand: Stand) -> None:
    rows = stand.rows()
    plan = stand.plan(rows)
    stand.store(rows, plan)
    before = stand.raw("micro_batches"), stand.raw("dead_letters")
    stand.is_lost = True
    with pytest.raises(LeaseLost):
        stand.store(rows, replace(plan, parts=2))
    with pytest.raises(LeaseLost):
        stand.sink.discard(BATCH)
    assert (stand.raw("micro_batches"), stand.raw("dead_letters")) == before
