"""The bench's server that keeps nothing: pymongo and Spark's connector write to it as to a real one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient, ReplaceOne
from pymongo.errors import PyMongoError
from pyspark.sql import SparkSession

from bench.servers import acknowledging


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with acknowledging(tmp_path_factory.mktemp("ack")) as address:
        yield address


@pytest.fixture
def client(uri: str) -> Iterator[MongoClient[dict[str, Any]]]:
    with MongoClient[dict[str, Any]](uri, w="majority", journal=True) as opened:
        yield opened


def seen(client: MongoClient[dict[str, Any]]) -> int:
    return int(client["admin"].command("seen")["documents"])


def test_every_write_of_pymongo_is_acknowledged_and_counted(client: MongoClient[dict[str, Any]]) -> None:
    posts, before = client["bench"]["posts"], seen(client)
    assert posts.insert_one({"_id": 1}).acknowledged
    assert len(posts.insert_many([{"n": n} for n in range(3_000)]).inserted_ids) == 3_000
    replaced = posts.bulk_write([ReplaceOne({"_id": n}, {"_id": n}, upsert=True) for n in range(500)])
    assert replaced.matched_count == 500
    assert seen(client) - before == 3_501
    assert list(posts.find()) == []
    assert posts.estimated_document_count() == 0


def test_a_document_of_many_megabytes_is_taken(client: MongoClient[dict[str, Any]]) -> None:
    before = seen(client)
    client["bench"]["posts"].insert_one({"text": "a" * 15_000_000})
    assert seen(client) - before == 1


def test_writes_that_want_no_answer_get_none(uri: str) -> None:
    with MongoClient[dict[str, Any]](uri, w=0) as careless:
        for number in range(10):
            careless["bench"]["posts"].insert_one({"_id": number})
        assert careless["admin"].command("ping")["ok"] == 1.0  # the answer to this, not to one of those


def test_the_connector_writes_to_it(spark: SparkSession, client: MongoClient[dict[str, Any]], uri: str) -> None:
    before = seen(client)
    (
        spark.range(100)
        .selectExpr("cast(id as string) as _id", "id as number")
        .write.format("mongodb")
        .mode("append")
        .option("connection.uri", uri)
        .option("database", "bench")
        .option("collection", "posts")
        .option("operationType", "replace")
        .option("upsertDocument", "true")
        .option("idFieldList", "_id")
        .option("maxBatchSize", 7)
        .option("writeConcern.w", "majority")
        .option("writeConcern.journal", "true")
        .save()
    )
    assert seen(client) - before == 100


def test_it_ends_with_the_block_that_started_it(tmp_path: Path) -> None:
    with acknowledging(tmp_path) as address, MongoClient[dict[str, Any]](address) as client:
        assert client["admin"].command("ping")
    with (
        MongoClient[dict[str, Any]](address, serverSelectionTimeoutMS=200) as gone,
        pytest.raises(PyMongoError),
    ):
        gone["admin"].command("ping")
