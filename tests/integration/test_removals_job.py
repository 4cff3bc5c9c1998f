"""A real job whose feed deletes and edits: what is gone there is gone here, also when the job is killed meanwhile."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Documents
from tests.integration.crash_points import Point
from tests.integration.held_jobs import held_job, wait_until
from tests.integration.jobs import ROOT, job, manage, run
from tests.integration.lines_peer import LinesPeer
from tests.integration.stored import not_as_described, posts

JOB = ("--jobname", "words", "--source", "tests.words_source:Words", "--trigger-seconds", "1")
FIRST = b"".join(b"post %d secret\n" % number for number in range(20))
SECOND = b"repost 30 3 secret\nedit 4 4 better\ndelete 3\ndelete 900\nlike 5\npost 31 more\nnonsense\n"
SOURCE = """
from pyspark.sql import functions as F

from tests.words_source import Words, outcome


class Wordy(Words):
    def process(self, event):
        return outcome({read})
"""
BETTER = 'F.regexp_replace(F.regexp_replace(event, "^gone", "delete"), "^liked", "like")'
KEPT = sorted({*map(str, range(20)), "31"} - {"3"})


@pytest.fixture(autouse=True)
def _source_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)


@pytest.fixture
def peer() -> Iterator[LinesPeer]:
    with LinesPeer() as listening:
        yield listening


def is_done(database: Documents) -> bool:
    """Whether all that was asked is done, and was asked."""
    removals = database["removals"]
    return removals.count_documents({}) == 3 and removals.count_documents({"done_at": None}) == 0


def committed_posts(database: Documents) -> int:
    """By the ledger."""
    return sum(entry["posts"] for entry in database["batches"].find({"state": "committed"}))


def assert_it_is_as_the_feed_has_it(database: Documents, folder: Path, settings: dict[str, str]) -> None:
    """The deleted post and its repost are gone, the edited one is there in its last version, and counts agree."""
    stored = posts(database)
    assert sorted(post["id"] for post in stored) == KEPT
    assert [post["text"] for post in stored if post["id"] == "4"] == ["edit 4 4 better"]
    entries = list(database["batches"].find())
    sums = {name: sum(each[name] for each in entries) for name in ("posts", "forgotten", "deletions", "edits")}
    assert sums == {"posts": len(KEPT), "forgotten": 3, "deletions": 2, "edits": 1}
    assert sum(each["filtered"] for each in entries) == 1
    assert not any("forgetting" in each for each in entries)
    assert not_as_described(database) == []
    verified = manage(folder, "verify", **settings)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "note: words: what the feed" not in verified.stdout


def test_what_the_feed_deletes_and_edits_goes_from_what_is_stored(
    data_folder: Path, settings: dict[str, str], database: Documents, peer: LinesPeer
) -> None:
    settings |= {"socket_port": peer.port}
    with job(data_folder, *JOB, **settings) as running:
        peer.send(FIRST)
        wait_until(running, lambda: len(posts(database)) == 20)
        peer.send(SECOND)
        wait_until(running, lambda: is_done(database))
        running.stop()
    assert_it_is_as_the_feed_has_it(database, data_folder, settings)
    assert {"id of words", "edit_of of words"} <= database["micro_batches"].index_information().keys()


def test_told_to_honour_nothing_it_stores_all_says_so_and_does_it_when_told_otherwise(
    data_folder: Path, settings: dict[str, str], database: Documents, peer: LinesPeer
) -> None:
    settings |= {"socket_port": peer.port}
    with job(data_folder, *JOB, "--honour-removals", "false", **settings) as running:
        peer.send(FIRST + SECOND)
        running.read_until(lambda line: "HONOUR_REMOVALS is false" in line)
        running.stop()
    assert len(posts(database)) == 23
    verified = manage(data_folder, "verify", **settings)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "note: words: what the feed has deleted or edited is stored still" in verified.stdout
    peer.hang_up()
    code, errors = run(data_folder, *JOB, "--available-now", "--idle-seconds", "0.5", **settings)
    assert code == 0, errors
    assert_it_is_as_the_feed_has_it(database, data_folder, settings)


@pytest.mark.slow
def test_a_dead_letter_that_a_requeue_finds_to_be_a_deletion_is_honoured_and_one_that_is_left_out_is_counted(
    data_folder: Path, settings: dict[str, str], database: Documents, peer: LinesPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(data_folder), prepend=os.pathsep)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    settings |= {"socket_port": peer.port}
    (data_folder / "wordy.py").write_text(SOURCE.format(read="event"))
    once = ("--jobname", "words", "--source", "wordy:Wordy", "--available-now", "--idle-seconds", "1")
    with job(data_folder, *once, **settings) as running:
        peer.send(b"post 3 secret\npost 4 more\ngone 3\ngone 3\nliked 4\n")
        peer.hang_up()
        assert running.end() == 0, running.errors
    assert database["dead_letters"].count_documents({}) == 3
    (data_folder / "wordy.py").write_text(SOURCE.format(read=BETTER))
    requeued = manage(data_folder, "requeue", "--jobname", "words", "--yes", **settings)
    assert requeued.returncode == 0, requeued.stderr
    entry = database["batches"].find_one({"query_id": "requeue"})
    assert entry is not None
    assert (entry["posts"], entry["deletions"], entry["filtered"]) == (0, 2, 1)
    assert database["dead_letters"].count_documents({"requeued_at": None}) == 0
    code, errors = run(data_folder, *once, **settings)
    assert code == 0, errors
    assert [post["id"] for post in posts(database)] == ["4"]
    verified = manage(data_folder, "verify", **settings)
    assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.mark.faults
@pytest.mark.parametrize(
    "point", [Point.STORED, Point.COMMITTED, Point.ANNOUNCED, Point.REMOVED, Point.ACCOUNTED, Point.LOOKED_FOR]
)
def test_killed_at_any_write_of_a_removal_the_next_start_ends_with_the_same(
    data_folder: Path, settings: dict[str, str], database: Documents, peer: LinesPeer, point: Point
) -> None:
    settings |= {"socket_port": peer.port}
    with held_job(data_folder, JOB, settings, point) as held:
        peer.send(FIRST)
        wait_until(held, lambda: committed_posts(database) == 20)
        held.arm()
        peer.send(SECOND)
        held.wait_for_the_point()
        held.die()
    assert not is_done(database) or point is Point.LOOKED_FOR
    said = manage(data_folder, "verify", **settings).stdout.splitlines()
    damages = [line for line in said if line.startswith("damage: ") and "batch planned and not committed" not in line]
    assert damages == []
    peer.hang_up()
    with job(data_folder, *JOB, **settings) as running:
        holder = {"_id": "words", "pid": running.process.pid, "state": "held"}
        wait_until(running, lambda: is_done(database) and database["leases"].find_one(holder) is not None)
        running.stop()
    assert_it_is_as_the_feed_has_it(database, data_folder, settings)
