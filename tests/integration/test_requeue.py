"""Dead letters of a real job, put through again: `manage.py requeue` as a process, killed where it hurts."""

import hashlib
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from ledger.database import connect
from ledger.indexes import ensure_indexes
from tests.conftest import Documents
from tests.integration.held_requeue import Point
from tests.integration.jobs import END_SECONDS, ROOT, environment, job, manage
from tests.integration.lines_peer import LinesPeer
from tests.integration.stored import not_as_described, posts, raw
from tests.servers.count_page import CountPage

QUESTIONS = 40
LINES = [
    *(b"fine %d" % number for number in range(5)),
    *(b"? %d " % number + b"question " * 50 for number in range(QUESTIONS)),
    b'{"text": "half',
    b"? long " * 200,
]
DEMO = ("--jobname", "demo")
COLLECTIONS = ("micro_batches", "batches", "dead_letters")
SOURCE = """
from processors.posts import problem_only
from processors.socket import SocketProcessor
from pyspark.sql import functions as F


class Fussy(SocketProcessor):
    def process(self, event):
        return F.when(event.rlike({refused!r}), problem_only("not_a_post")).otherwise(super().process(event))
"""
EVERY, ODD, NONE = r"^\?", r"^\? \d*[13579] ", r"^$"
Stage = dict[str, list[dict[str, Any]]]


class Asked:
    """A job whose source refused every question, and `manage.py requeue` for it."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.folder = folder
        self.settings = settings

    def refuse(self, pattern: str) -> None:
        """Change the source: from now on it refuses these lines only."""
        (self.folder / "fussy.py").write_text(SOURCE.format(refused=pattern))

    def hear(self, lines: list[bytes]) -> None:
        """Run the job over these lines."""
        arguments = (*DEMO, "--source", "fussy:Fussy", "--available-now")
        with LinesPeer() as peer, job(self.folder, *arguments, socket_port=peer.port, **self.settings) as running:
            peer.send(b"".join(line + b"\n" for line in lines))
            peer.hang_up()
            assert running.end() == 0, running.errors

    def requeue(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command, to its end."""
        return manage(self.folder, "requeue", *DEMO, *arguments, **self.settings)

    @contextmanager
    def held(self, point: Point) -> Iterator[subprocess.Popen[str]]:
        """The command with --yes, held at that point; killed behind the block if it still runs."""
        command = [
            sys.executable,
            "-m",
            "tests.integration.held_requeue",
            point,
            "requeue",
            "--jobname",
            "demo",
            "--yes",
        ]
        running = subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment(self.settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert running.stdout is not None
            said = iter(running.stdout.readline, "")
            assert "held\n" in said, f"never came to {point}"
            yield running
        finally:
            running.send_signal(signal.SIGKILL)
            running.communicate(timeout=60)

    def kill(self, point: Point) -> None:
        """The command with --yes, killed at that point."""
        with self.held(point):
            pass


@contextmanager
def asked_in(folder: Path, uri: str, database: str) -> Iterator[Asked]:
    """A job that has not run, in that folder; it stores in that database."""
    settings = {
        "mongodb_uri": uri,
        "database": database,
        "lease_seconds": "1",
        "max_event_bytes": "1000",
        "max_document_bytes": "8000",
    }
    with CountPage() as page, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{ROOT}")
        patch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        asked = Asked(folder, settings | {"count_url": page.url})
        asked.refuse(EVERY)
        yield asked


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory, mongodb_uri: str) -> Stage:
    """What such a job has stored of LINES, by collection."""
    database = connect(mongodb_uri, f"test_{uuid4().hex[:12]}")
    with database.client, asked_in(tmp_path_factory.mktemp("asked"), mongodb_uri, database.name) as asked:
        asked.hear(LINES)
        stored = {name: list(database[name].find()) for name in (*COLLECTIONS, "leases")}
        database.client.drop_database(database.name)
        return stored


@pytest.fixture
def asked(heard: Stage, data_folder: Path, mongodb_uri: str, database: Documents) -> Iterator[Asked]:
    """The database holds what the job has stored; the job's checkpoint and spool are gone."""
    ensure_indexes(database)
    for name, documents in heard.items():
        database[name].insert_many(documents)
    with asked_in(data_folder, mongodb_uri, database.name) as asked:
        yield asked


def everything(database: Documents) -> dict[str, dict[str, bytes]]:
    return {name: raw(database, name) for name in COLLECTIONS}


def letters(database: Documents, **fields: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return list(database["dead_letters"].find(fields))


def questions(database: Documents) -> Counter[int]:
    """The number of each question that is stored, and how often."""
    return Counter(int(post["text"].split()[1]) for post in posts(database) if post["text"].startswith("?"))


def check_requeued(database: Documents, numbers: range) -> None:
    """These questions are posts, once, as they would have been at first, and their letters and the ledger say so."""
    assert questions(database) == Counter(numbers)
    by_origin = {post["origin"]: post for post in posts(database)}
    requeued = letters(database, requeued_at={"$ne": None})
    assert sorted(letter["origin"] for letter in requeued) == sorted(
        post["origin"] for post in by_origin.values() if post["text"].startswith("?")
    )
    for letter in requeued:
        post = by_origin[letter["origin"]]
        assert (post["raw_text"].encode(), post["received_at"]) == (letter["raw"], letter["received_at"])
        assert (post["id"], post["source"]) == (hashlib.md5(letter["origin"].encode()).hexdigest(), "fussy:Fussy")
        assert database["batches"].find_one({"_id": f"requeue:{letter['requeue_run']}"}, {"state": 1, "_id": 0}) == {
            "state": "committed"
        }
    assert letters(database, requeued_at=None, requeue_run={"$exists": True}) == []
    assert {entry["state"] for entry in database["batches"].find()} == {"committed"}
    for entry in database["batches"].find():
        stored = list(database["micro_batches"].find({"_id": {"$regex": f"^{entry['_id']}:"}}))
        assert sum(document["posts"] for document in stored) == entry["posts"]
        assert {document["parts"] for document in stored} <= {entry["parts"]}


def test_what_a_fix_makes_posts_of_is_counted_without_a_write_then_stored_once(
    asked: Asked, database: Documents
) -> None:
    asked.refuse(NONE)
    before = everything(database)
    assert Counter(letter["problem"] for letter in letters(database)) == Counter(
        {"not_a_post": QUESTIONS, "not_json": 1, "too_long": 1}
    )
    looked = asked.requeue()
    assert looked.returncode == 0, looked.stderr
    counted = {line.split()[0]: line.split()[1:] for line in looked.stdout.splitlines()}
    assert counted["not_a_post"] == [str(QUESTIONS), str(QUESTIONS), "0"]
    assert (counted["not_json"], counted["too_long"]) == (["1", "0", "0"], ["0", "0", "1"])
    assert everything(database) == before

    stored = asked.requeue("--yes")
    assert stored.returncode == 0, stored.stderr
    assert "40 posts stored, 1 still dead letters, 1 not taken" in stored.stdout.splitlines()[-1]
    check_requeued(database, range(QUESTIONS))
    (first,) = database["batches"].find({"query_id": {"$ne": "requeue"}})
    (entry,) = database["batches"].find({"query_id": "requeue"})
    assert entry["parts"] > 1
    assert round(entry["timestamp"].timestamp() * 1000) == entry["batch_id"]
    assert (entry["total_case_count"], entry["case_count"]) == (first["total_case_count"], first["case_count"])
    assert (entry["posts"], entry["dead_letters"], entry["offsets"]) == (QUESTIONS, 0, [])
    (still,) = letters(database, problem="not_json")
    assert still["requeue_tried"] == {"run": entry["batch_id"], "problem": "not_json"}
    (cut,) = letters(database, problem="too_long")
    assert not cut.keys() & {"requeue_run", "requeue_tried"}
    assert not_as_described(database) == []

    documents = raw(database, "micro_batches")
    again = asked.requeue("--yes", "--problem", "not_a_post", "--problem", "not_json", "--since", "2026-01-02T00:00Z")
    assert again.returncode == 0, again.stderr
    assert "0 posts stored, 1 still dead letters, 0 not taken" in again.stdout.splitlines()[-1]
    assert raw(database, "micro_batches") == documents


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_a_requeue_killed_at_every_point_in_turn_stores_each_post_once(asked: Asked, database: Documents) -> None:
    asked.refuse(NONE)
    asked.kill(Point.MARKED)
    assert len({letter.get("requeue_run") for letter in letters(database, problem={"$ne": "too_long"})}) == 1
    assert database["batches"].count_documents({"query_id": "requeue"}) == 0
    asked.kill(Point.HALF_STORED)
    assert 0 < sum(questions(database).values()) < QUESTIONS
    asked.kill(Point.STORED)
    assert questions(database) == Counter(range(QUESTIONS))

    asked.refuse(ODD)  # the code changes before anything is committed: what an attempt has stored too much goes
    asked.kill(Point.COMMITTED)
    assert questions(database) == Counter(range(0, QUESTIONS, 2))
    asked.refuse(NONE)  # … and after that no more
    resumed = asked.requeue("--yes", "--problem", "too_long")
    assert resumed.returncode == 0, resumed.stderr
    assert "20 posts stored, 21 still dead letters" in resumed.stdout.splitlines()[-1]
    check_requeued(database, range(0, QUESTIONS, 2))

    assert asked.requeue("--yes").returncode == 0
    check_requeued(database, range(QUESTIONS))
    assert database["batches"].count_documents({"query_id": "requeue"}) == 2
    texts = Counter(post["text"] for post in posts(database))
    assert (max(texts.values()), len(texts)) == (1, QUESTIONS + 5)


@pytest.mark.faults
@pytest.mark.parametrize("point", Point)
def test_a_killed_requeue_is_ended_by_the_next_one_whatever_the_job_does(
    asked: Asked, database: Documents, point: Point
) -> None:
    asked.refuse(NONE)
    asked.kill(point)
    looked = asked.requeue()
    assert "was not ended" in looked.stdout, looked.stderr
    asked.hear([b"meanwhile"])  # with a fresh checkpoint: the job discards what it finds planned, but no requeue
    assert asked.requeue("--yes").returncode == 0
    check_requeued(database, range(QUESTIONS))
    assert database["batches"].count_documents({"query_id": "requeue"}) == 1
    assert [post["text"] for post in posts(database)].count("meanwhile") == 1


@pytest.mark.slow
def test_a_dead_letter_whose_post_is_forgotten_is_emptied_and_becomes_none(asked: Asked, database: Documents) -> None:
    letter = letters(database, problem="not_a_post")[7]
    number = int(letter["raw"].split()[1])
    forgotten = hashlib.md5(letter["origin"].encode()).hexdigest()
    assert manage(asked.folder, "forget", "--post", forgotten, "--yes", **asked.settings).returncode == 0
    asked.refuse(NONE)
    counted = asked.requeue().stdout.splitlines()
    assert counted[-2].split() == ["all", "41", str(QUESTIONS - 1), "1"]
    stored = asked.requeue("--yes")
    assert "39 posts stored, 2 still dead letters" in stored.stdout.splitlines()[-1], stored.stderr
    assert questions(database) == Counter(range(QUESTIONS)) - Counter([number])
    (emptied,) = letters(database, raw=b"")
    assert (emptied["_id"], emptied["requeued_at"]) == (letter["_id"], None)
    assert database["forgotten"].find_one({"_id": letter["sha256"]}) is not None
    verified = manage(asked.folder, "verify", **asked.settings)
    assert verified.returncode == 0, verified.stdout


def test_of_two_requeues_of_a_job_at_once_the_second_is_refused(asked: Asked, database: Documents) -> None:
    asked.refuse(NONE)
    with asked.held(Point.STORED) as first:
        second = asked.requeue("--yes")
        assert second.returncode == 3
        assert "in use: job=requeue:demo" in second.stderr
        said, _ = first.communicate(timeout=END_SECONDS)
        assert first.returncode == 0
        assert "40 posts stored" in said
    check_requeued(database, range(QUESTIONS))


def test_a_requeue_of_no_job_or_of_a_lost_source_begins_nothing(asked: Asked, database: Documents) -> None:
    nobody = manage(asked.folder, "requeue", "--jobname", "nobody", **asked.settings)
    assert (nobody.returncode, nobody.stderr.splitlines()[-1]) == (
        3,
        f"the database {database.name} knows no job of the name nobody: it knows demo",
    )
    (asked.folder / "fussy.py").unlink()
    before = everything(database)
    lost = asked.requeue("--yes")
    assert lost.returncode == 2
    assert "fussy:Fussy cannot be imported" in lost.stderr
    assert everything(database) == before
