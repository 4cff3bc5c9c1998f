"""Kafka to MongoDB: a real broker, main.py as a process, documents read back with pymongo."""

import json
import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import bson
import pytest

from tests.conftest import Documents
from tests.integration.doctored import Doctor
from tests.integration.in_process import Commands
from tests.integration.jobs import ROOT, run
from tests.integration.stored import posts, raw
from tests.servers.count_page import CountPage
from tests.servers.kafka import KafkaBroker

TWEETS = (ROOT / "demo/tweets.txt").read_text().splitlines()
PARTITIONS = 2
COVID = ("--jobname", "covid", "--source", "kafka")


@pytest.fixture
def topic(kafka: KafkaBroker) -> str:
    name = f"posts-{uuid4().hex[:8]}"
    kafka.create_topic(name, partitions=PARTITIONS)
    return name


def tweet(number: int) -> bytes:
    """A post as X API v2 sends it, the text a real one; every second one in the `data` envelope."""
    fields = {"id": str(10**18 + number), "text": TWEETS[number % len(TWEETS)], "lang": "en", "author_id": "7"}
    fields["created_at"] = f"2020-04-01T12:{number // 60 % 60:02}:{number % 60:02}.000Z"
    return json.dumps({"data": fields} if number % 2 else fields).encode()


class Kafka:
    """A job for one topic into one database; each run handles what is there and ends."""

    def __init__(
        self, folder: Path, kafka: KafkaBroker, topic: str, uri: str, database: Documents, page: CountPage
    ) -> None:
        self._folder = folder
        self.settings = {
            "kafka_bootstrap_servers": kafka.bootstrap,
            "kafka_topics": topic,
            "mongodb_uri": uri,
            "database": database.name,
            "count_url": page.url,
        }

    def run(self, *arguments: str, **settings: str) -> tuple[int, list[str]]:
        return run(
            self._folder,
            *(*COVID, "--available-now", *arguments),
            **{**self.settings, **settings},
        )


@pytest.fixture
def job(
    data_folder: Path, kafka: KafkaBroker, topic: str, mongodb_uri: str, database: Documents, page: CountPage
) -> Kafka:
    return Kafka(data_folder, kafka, topic, mongodb_uri, database, page)


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    return Doctor(monkeypatch, capsys)


@pytest.fixture
def commands(
    mongodb_uri: str, database: Documents, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Commands:
    return Commands(mongodb_uri, database, monkeypatch, capsys)


def offsets(entry: dict[str, Any]) -> int:
    return sum(each["until"] - each["from"] for each in entry["offsets"])


def test_every_post_is_stored_once_and_a_second_run_stores_only_what_is_new(
    job: Kafka, kafka: KafkaBroker, topic: str, database: Documents
) -> None:
    kafka.produce(topic, [tweet(number) for number in range(1_000)], partition=0)
    kafka.produce(topic, [tweet(number) for number in range(1_000, 1_500)], partition=1)
    assert job.run(kafka_max_offsets_per_trigger="600")[0] == 0

    assert sorted(post["id"] for post in posts(database)) == [str(10**18 + number) for number in range(1_500)]
    entries = list(database["batches"].find(sort=[("batch_id", 1)]))
    assert len(entries) >= 3
    assert all(entry["state"] == "committed" and offsets(entry) <= 600 for entry in entries)
    assert sum(map(offsets, entries)) == sum(entry["posts"] for entry in entries) == 1_500
    first = database["micro_batches"].find_one({"batch_id": 0})
    assert first is not None
    assert (first["total_case_count"], first["case_count"]["status"]) == (704_753_890, "live")
    assert first["timestamp"] == entries[0]["timestamp"]

    kafka.produce(topic, [tweet(number) for number in range(1_500, 1_700)], partition=1)
    before = raw(database, "micro_batches")
    assert job.run()[0] == 0
    assert sorted(post["id"] for post in posts(database)) == [str(10**18 + number) for number in range(1_700)]
    assert before.items() <= raw(database, "micro_batches").items()


def test_text_lines_headers_tombstones_and_bad_events_each_find_their_place(
    job: Kafka, kafka: KafkaBroker, topic: str, database: Documents
) -> None:
    lines = [
        "RT @who: The Right Tool &amp; RTÉ: see https://t.co/abc #covid19 👩🏽‍🔬".encode(),
        '{"text": "שלום &lt;3 #שלום", "id": 12345678901234567890}'.encode(),
    ]
    kafka.produce(topic, [*lines, None, b"\xff\xfe", b'{"text": "half'], partition=0)
    kafka.produce(topic, [b'{"no": "text"}'], partition=0, headers=[("trace", b"\x00\xff")])
    assert job.run()[0] == 0

    first, second = sorted(posts(database), key=lambda post: str(post["origin"]))
    assert first["text"] == "The Right Tool & RTÉ: see covid19 👩🏽‍🔬"
    assert first["raw_text"].encode() == lines[0]
    assert (first["kind"], first["urls"], first["hashtags"]) == ("repost", ["https://t.co/abc"], ["covid19"])
    assert (second["id"], second["text"], second["origin"]) == ("12345678901234567890", "שלום <3 שלום", f"{topic}/0/1")
    dead = {letter["problem"]: letter for letter in database["dead_letters"].find()}
    assert set(dead) == {"not_utf8", "not_json", "not_a_post"}
    assert dead["not_utf8"]["raw"] == b"\xff\xfe"
    assert dead["not_a_post"]["headers"] == [{"key": "trace", "value": b"\x00\xff"}]
    (entry,) = database["batches"].find()
    assert (entry["posts"], entry["dead_letters"], entry["tombstones"]) == (2, 3, 1)


@pytest.mark.slow
def test_a_batch_of_60000_posts_becomes_parts_under_8_mb_whose_union_is_the_batch(
    job: Kafka, kafka: KafkaBroker, topic: str, database: Documents
) -> None:
    for partition in range(PARTITIONS):
        kafka.produce(topic, (tweet(number) for number in range(partition, 60_000, PARTITIONS)), partition=partition)
    assert job.run()[0] == 0

    (entry,) = database["batches"].find()
    sizes = [len(document) for document in raw(database, "micro_batches").values()]
    assert entry["parts"] == len(sizes) > 1
    assert max(sizes) < 8_000_000
    assert sorted(post["id"] for post in posts(database)) == [str(10**18 + number) for number in range(60_000)]


def test_a_replayed_batch_has_the_same_bytes_and_the_ledger_is_unchanged(
    job: Kafka, kafka: KafkaBroker, topic: str, database: Documents, data_folder: Path, page: CountPage
) -> None:
    kafka.produce(topic, [*(tweet(number) for number in range(500)), b"\xff"])
    assert job.run()[0] == 0
    documents, letters, ledger = (raw(database, name) for name in ("micro_batches", "dead_letters", "batches"))
    assert len(documents) == len(letters) == len(ledger) == 1
    page.number = 999

    shutil.rmtree(data_folder / ".data/covid/checkpoint/commits")  # Spark never knew that the batch was done
    assert job.run()[0] == 0
    assert raw(database, "batches") == ledger
    assert raw(database, "micro_batches") == documents

    shutil.rmtree(data_folder / ".data/covid/checkpoint/commits")
    database["batches"].update_one({}, {"$set": {"state": "planned"}})  # … and the job died before the ledger knew
    database["micro_batches"].delete_many({})
    assert job.run()[0] == 0
    assert raw(database, "micro_batches") == documents
    assert raw(database, "dead_letters") == letters
    (entry,) = database["batches"].find()
    assert entry["state"] == "committed"
    assert bson.decode(next(iter(ledger.values())))["planned_at"] == entry["planned_at"].replace(tzinfo=None)


@pytest.mark.slow
def test_a_lost_checkpoint_goes_on_behind_the_last_stored_offsets_unless_told_otherwise(
    job: Kafka,
    kafka: KafkaBroker,
    topic: str,
    database: Documents,
    data_folder: Path,
    doctor: Doctor,
    commands: Commands,
) -> None:
    kafka.produce(topic, [tweet(number) for number in range(100)], partition=0)
    assert job.run()[0] == 0
    shutil.rmtree(data_folder / ".data/covid/checkpoint")
    kafka.produce(topic, [tweet(number) for number in range(100, 150)], partition=0)
    told = doctor.run(*COVID, **job.settings)
    assert "the checkpoint is fresh: the job goes on behind batch" in told.line("query")
    assert job.run()[0] == 0
    assert commands.notes() == []
    assert sorted(post["id"] for post in posts(database)) == [str(10**18 + number) for number in range(150)]

    shutil.rmtree(data_folder / ".data/covid/checkpoint")
    assert job.run("--from-start")[0] == 0
    assert len(posts(database)) == 300


@pytest.mark.slow
def test_lost_events_end_the_job_with_what_to_do(
    job: Kafka,
    kafka: KafkaBroker,
    topic: str,
    database: Documents,
    data_folder: Path,
    doctor: Doctor,
    commands: Commands,
) -> None:
    kafka.produce(topic, [tweet(number) for number in range(50)], partition=0)
    assert job.run()[0] == 0
    kafka.produce(topic, [tweet(number) for number in range(50, 100)], partition=0)
    kafka.delete_records(topic, 0, before=80)
    code, errors = job.run()
    assert code == 1
    assert "gone from Kafka" in errors[-1]
    assert "--from-start" in errors[-1]
    assert not any("Traceback" in line for line in errors)
    assert len(posts(database)) == 50

    doctor.run(*COVID, **job.settings).only("offsets", f"{topic}/0 begins at 80: 30 events from 50 on are gone")
    afresh = ("--checkpoint", str(data_folder / "checkpoint-2"), "--from-start")
    code, errors = job.run(*afresh, "--kafka-starting", json.dumps({topic: {"0": 80, "1": 0}}))
    assert code == 0, errors
    assert sorted(post["id"] for post in posts(database)) == [str(10**18 + n) for n in (*range(50), *range(80, 100))]
    verified = commands.run("verify")
    (damage,) = [line for line in verified.stdout.splitlines() if line.startswith("damage: ")]
    assert verified.code == 1
    assert f"offsets not covered: {topic}/0: found no batch with 50 to 79" in damage


def test_a_broker_that_cannot_be_reached_ends_the_start_with_code_3(job: Kafka, database: Documents) -> None:
    code, errors = job.run(kafka_bootstrap_servers="127.0.0.1:1", start_timeout_seconds="1")
    assert code == 3
    assert "127.0.0.1:1" in errors[-1]
    assert database["leases"].count_documents({"state": "released"}) == 1
