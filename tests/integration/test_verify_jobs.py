"""`manage.py verify` over what real jobs have stored that were requeued, or began anew with a lost checkpoint."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from ledger.database import connect
from ledger.indexes import ensure_indexes
from operations.integrity.requeued import Readings
from tests.conftest import Documents
from tests.integration.jobs import ROOT, job, manage, run
from tests.integration.lines_peer import LinesPeer
from tests.integration.stored import posts
from tests.integration.test_verify import COLLECTIONS, Verify
from tests.servers.count_page import CountPage
from tests.servers.kafka import KafkaBroker

FINE, QUESTIONS, BAD = 30, 40, [b"\xff", b'{"text": "half', b"? long " * 200]
SOURCE = """
from processors.kafka import KafkaProcessor
from processors.posts import problem_only
from pyspark.sql import functions as F


class Fussy(KafkaProcessor):
    def process(self, event):
        return F.when(event.rlike({refused!r}), problem_only("not_a_post")).otherwise(super().process(event))
"""
EVERY, NONE = r"^\?", r"^$"
COVID = ("--jobname", "covid")
Stage = dict[str, list[dict[str, Any]]]


class Questions:
    """A job over a topic of posts, questions and bad events."""

    def __init__(self, folder: Path, settings: dict[str, str], database: Documents) -> None:
        self._folder = folder
        self._settings = settings
        self._database = database

    def run(self, *arguments: str) -> None:
        """With a fresh checkpoint, and a source that refuses every question."""
        shutil.rmtree(self._folder / ".data/covid/checkpoint", ignore_errors=True)
        (self._folder / "fussy.py").write_text(SOURCE.format(refused=EVERY))
        options = ("--source", "fussy:Fussy", "--available-now")
        code, errors = run(self._folder, *COVID, *options, *arguments, **self._settings)
        assert code == 0, errors

    def requeue(self) -> Stage:
        """All dead letters, with a source that refuses none; what is stored then."""
        (self._folder / "fussy.py").write_text(SOURCE.format(refused=NONE))
        ended = manage(self._folder, "requeue", *COVID, "--yes", **self._settings)
        assert ended.returncode == 0, ended.stderr
        return self.stage()

    def stage(self) -> Stage:
        """What is stored now."""
        return {name: list(self._database[name].find()) for name in COLLECTIONS}


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory, kafka: KafkaBroker, mongodb_uri: str) -> Iterator[Questions]:
    folder, topic = tmp_path_factory.mktemp("questions"), f"posts-{uuid4().hex[:8]}"
    kafka.create_topic(topic, partitions=2)
    asked = [b"? %d " % number + b"question " * 50 for number in range(QUESTIONS)]
    kafka.produce(topic, [b"fine %d" % number for number in range(FINE)], partition=0)
    kafka.produce(topic, [*asked, *BAD], partition=1)
    database = connect(mongodb_uri, f"test_{uuid4().hex[:12]}")
    settings = {"mongodb_uri": mongodb_uri, "database": database.name, "lease_seconds": "1"}
    settings |= {"kafka_bootstrap_servers": kafka.bootstrap, "kafka_topics": topic}
    settings |= {"kafka_max_offsets_per_trigger": "50", "max_event_bytes": "1000", "max_document_bytes": "20000"}
    with CountPage() as page, database.client, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{ROOT}")
        patch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        yield Questions(folder, settings | {"count_url": page.url}, database)
        database.client.drop_database(database.name)


@pytest.fixture(scope="module")
def requeued(questions: Questions) -> Stage:
    """What is stored when the source, which refused every question, has been corrected, and its letters requeued."""
    questions.run()
    return questions.requeue()


@pytest.fixture(scope="module")
def read_again(questions: Questions, requeued: Stage) -> Stage:
    """What is stored when the job has then lost its checkpoint, begun --from-start, and refused them again."""
    assert requeued
    questions.run("--from-start")
    return questions.stage()


@pytest.fixture(scope="module")
def requeued_again(questions: Questions, read_again: Stage) -> Stage:
    """What is stored when they have then been requeued once more."""
    assert read_again
    return questions.requeue()


@pytest.fixture
def verify(mongodb_uri: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verify:
    return Verify(mongodb_uri, monkeypatch, capsys)


def restored(database: Documents, stage: Stage) -> Documents:
    """The test's own database, with that in it."""
    ensure_indexes(database)
    for collection, documents in stage.items():
        if documents:
            database[collection].insert_many(documents)
    return database


def requeue_entry(database: Documents) -> dict[str, Any]:
    """Of the first run."""
    found = database["batches"].find_one({"query_id": "requeue"}, sort=[("batch_id", 1)])
    assert found is not None
    return found


def requeue_part(database: Documents) -> dict[str, Any]:
    """A document of the first run, one of several."""
    run = requeue_entry(database)["batch_id"]
    assert database["micro_batches"].count_documents({"batch_id": run}) > 1
    found = database["micro_batches"].find_one({"batch_id": run})
    assert found is not None
    return found


def test_what_was_requeued_is_whole_and_is_counted(requeued: Stage, database: Documents, verify: Verify) -> None:
    stored = restored(database, requeued)
    assert verify.notes(stored) == []
    counted = json.loads(verify.run(stored, "--json").stdout)
    assert counted == {
        "job": "covid",
        "clean": True,
        "batches": len(requeued["batches"]),
        "posts": FINE + QUESTIONS,
        "dead_letters": QUESTIONS + len(BAD),
        "expired": 0,
        "coverage": {"gaps": 0, "seconds": 0},
        "counts": {},
        "damage": [],
        "notes": [],
    }
    assert requeue_entry(stored)["posts"] == QUESTIONS


def test_a_removed_part_of_a_requeue_is_found(requeued: Stage, database: Documents, verify: Verify) -> None:
    stored = restored(database, requeued)
    removed, entry = requeue_part(stored), requeue_entry(stored)
    stored["micro_batches"].delete_one({"_id": removed["_id"]})
    found = verify.damage(stored)
    assert set(found) == {"number of posts differs"}
    (line,) = found["number of posts differs"]
    assert f"batches/{entry['_id']}: found {QUESTIONS - removed['posts']} (parts" in line


def test_a_requeued_post_altered_by_one_character_is_found(
    requeued: Stage, database: Documents, verify: Verify
) -> None:
    stored = restored(database, requeued)
    part = requeue_part(stored)
    text = part["content"][0]["raw_text"]
    stored["micro_batches"].update_one({"_id": part["_id"]}, {"$set": {"content.0.raw_text": text + "~"}})
    found = verify.damage(stored)
    assert set(found) == {"content hash differs"}
    assert f"batches/{requeue_entry(stored)['_id']}: " in found["content hash differs"][0]


def test_a_part_of_a_requeue_doubled_under_another_id_is_found(
    requeued: Stage, database: Documents, verify: Verify
) -> None:
    stored = restored(database, requeued)
    part = requeue_part(stored)
    stored["micro_batches"].insert_one({**part, "_id": f"requeue:1:{part['part']}"})
    found = verify.damage(stored)
    assert set(found) == {"document of no batch", "post stored twice"}
    assert f"found {part['posts']} posts" in found["post stored twice"][0]


def test_a_removed_entry_of_a_requeue_is_found_and_so_is_what_it_held(
    requeued: Stage, database: Documents, verify: Verify
) -> None:
    stored = restored(database, requeued)
    entry = requeue_entry(stored)
    stored["batches"].delete_one({"_id": entry["_id"]})
    found = verify.damage(stored)
    assert set(found) == {"document of no batch", "number of requeued dead letters differs"}
    assert len(found["document of no batch"]) == stored["micro_batches"].count_documents(
        {"batch_id": entry["batch_id"]}
    )


def test_a_requeued_post_whose_dead_letter_knows_nothing_of_it_is_found(
    requeued: Stage, database: Documents, verify: Verify
) -> None:
    stored = restored(database, requeued)
    run = requeue_entry(stored)["batch_id"]
    letter = stored["dead_letters"].find_one_and_update(
        {"requeue_run": run}, {"$set": {"requeued_at": None}, "$unset": {"requeue_run": ""}}
    )
    assert letter is not None
    found = verify.damage(stored)
    assert set(found) == {"number of requeued dead letters differs", "event stored as a post and as a dead letter"}
    (both,) = found["event stored as a post and as a dead letter"]
    assert f"dead_letters/{letter['_id']}: found a post of micro_batches/requeue:{run}:" in both


def test_a_requeue_that_has_not_told_its_dead_letters_yet_is_no_damage(
    requeued: Stage, database: Documents, verify: Verify
) -> None:
    stored = restored(database, requeued)
    stored["dead_letters"].update_many({}, {"$set": {"requeued_at": None}})
    (note,) = verify.notes(stored)
    assert f"requeue not ended: batches/{requeue_entry(stored)['_id']}: " in note


def test_what_from_start_stored_again_is_told_and_is_no_damage(
    read_again: Stage, database: Documents, verify: Verify
) -> None:
    stored = restored(database, read_again)
    notes = verify.notes(stored)
    assert {line.split(": ")[2] for line in notes} == {"offsets read again from the start"}
    assert len(posts(stored)) == 2 * FINE + QUESTIONS
    stored["dead_letters"].delete_one({"requeue_run": None})
    assert set(verify.damage(stored)) == {"number of dead letters differs"}


@pytest.mark.slow
def test_what_was_read_again_and_requeued_each_time_is_stored_once_in_each_reading(
    requeued_again: Stage, database: Documents, verify: Verify
) -> None:
    stored = restored(database, requeued_again)
    assert len(posts(stored)) == 2 * (FINE + QUESTIONS)
    assert {line.split(": ")[2] for line in verify.notes(stored)} == {"offsets read again from the start"}


def test_an_event_that_was_read_twice_and_requeued_in_one_run_is_a_post_of_each_reading(database: Documents) -> None:
    letters = [{"_id": name, "origin": name[-1]} for name in ("first:a", "second:a", "second:b")]
    database["dead_letters"].insert_many([letter | {"job": "covid", "requeue_run": 7} for letter in letters])
    readings = Readings(database, "covid", {"first": 1, "second": 2, "requeue": 1}.__getitem__)
    posts = [{"origin": "a"}, {"origin": "a"}, {"origin": "b"}, {"origin": "of no letter"}, "no post"]
    *of_a, of_b, of_none, of_no_post = readings.of("requeue:7", posts)
    assert (sorted(of_a), of_b, of_none, of_no_post) == ([1, 2], 2, 1, 1)
    assert readings.of("second:0", posts) == [2] * 5
    assert readings.of("requeue:copy", posts[:1]) == [1]


@pytest.mark.slow
def test_a_push_feed_that_went_on_from_the_start_is_whole(
    data_folder: Path,
    settings: dict[str, str],
    database: Documents,
    verify: Verify,
) -> None:
    for number in range(2):
        shutil.rmtree(data_folder / ".data/covid/checkpoint", ignore_errors=True)
        arguments = (*COVID, "--source", "socket", "--available-now", "--from-start")
        with LinesPeer() as peer, job(data_folder, *arguments, socket_port=peer.port, **settings) as running:
            peer.send(b"fine %d\n\xff\n" % number)
            peer.hang_up()
            assert running.end() == 0, running.errors
    assert len({entry["query_id"] for entry in database["batches"].find()}) == 2
    assert {line.split(": ")[2] for line in verify.notes(database)} == {"feed not heard"}
