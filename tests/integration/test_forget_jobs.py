"""`manage.py forget` beside a real job: it stands between a batch's plan and its commit, or it was killed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Documents
from tests.integration.crash_points import Point
from tests.integration.held_jobs import held_job, wait_until
from tests.integration.jobs import ROOT, environment, job, manage
from tests.integration.lines_peer import LinesPeer
from tests.integration.stored import posts

JOB = ("--jobname", "covid", "--source", "socket", "--trigger-seconds", "1")
POSTS = 20
GONE, AUTHOR, BAD = "1000003", "7", b'{"id":"1000003","text":"half'
FORGET = ("forget", "--post", GONE, "--author", AUTHOR, "--yes")
KEPT = {str(1_000_000 + number) for number in range(POSTS)} - {GONE, "1000007"}


def line(number: int) -> bytes:
    post = {"id": str(1_000_000 + number), "text": f"secret of {number}", "author_id": str(number)}
    return json.dumps(post).encode() + b"\n"


LINES = b"".join(map(line, range(POSTS))) + BAD + b"\n"


def ids(database: Documents) -> list[str]:
    return sorted(post["id"] for post in posts(database))


def assert_nothing_is_left(database: Documents, folder: Path, settings: dict[str, str]) -> None:
    """Of what was forgotten; all else is there once, and `verify` finds no damage."""
    assert ids(database) == sorted(KEPT)
    assert all(GONE.encode() not in letter["raw"] for letter in database["dead_letters"].find())
    verified = manage(folder, "verify", **settings)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    for name in ("micro_batches", "batches", "dead_letters"):
        assert not any(GONE in str(document) for document in database[name].find())


@pytest.mark.parametrize("point", [Point.PLANNED, Point.STORED])
def test_a_post_that_is_forgotten_while_its_batch_stands_still_is_not_stored(
    data_folder: Path, settings: dict[str, str], database: Documents, point: Point
) -> None:
    """At the second point the job has looked for the last time at what is forgotten, and commits what it has."""
    with LinesPeer() as peer:
        settings |= {"socket_port": peer.port}
        with held_job(data_folder, JOB, settings, point) as held:
            held.arm()
            peer.send(LINES)
            held.wait_for_the_point()
            command = [sys.executable, str(ROOT / "manage.py"), *FORGET]
            with subprocess.Popen(
                command, cwd=data_folder, env=environment(settings), stdout=subprocess.PIPE, text=True
            ) as forgetting:
                assert forgetting.stdout is not None
                assert "covid runs: waiting for the batch in its hands\n" in iter(forgetting.stdout.readline, "")
                held.go_on()
                said = forgetting.stdout.read()
            assert forgetting.returncode == 0, said
            wait_until(held, lambda: database["batches"].count_documents({"state": "planned"}) == 0)
            peer.send(line(3) + BAD + b"\n")  # heard again, it does not come back
            wait_until(held, lambda: database["batches"].count_documents({"state": "committed"}) > 1)
            held.stop()
    assert_nothing_is_left(database, data_folder, settings)
    assert sum(entry["forgotten"] for entry in database["batches"].find()) >= 3


@pytest.mark.faults
@pytest.mark.parametrize("point", [Point.UNNAMED_SEGMENT, Point.LOGGED, Point.PLANNED, Point.STORED])
def test_a_post_that_a_killed_job_had_in_hand_is_gone_at_once_and_its_replay_leaves_it_out(
    data_folder: Path, settings: dict[str, str], database: Documents, point: Point
) -> None:
    with LinesPeer() as peer:
        settings |= {"socket_port": peer.port}
        with held_job(data_folder, JOB, settings, point) as held:
            held.arm()
            peer.send(LINES)
            held.wait_for_the_point()
            held.die()
        peer.hang_up()
        forgotten = manage(data_folder, *FORGET, **settings)
        assert forgotten.returncode == 0, forgotten.stderr
        assert set(ids(database)) <= KEPT
        spool = b"".join(each.read_bytes() for each in (data_folder / ".data/covid/spool").iterdir())
        assert GONE.encode() not in spool
        assert b"secret of 7" not in spool
        with job(data_folder, *JOB, **settings) as running:
            wait_until(running, lambda: database["batches"].count_documents({"state": "committed"}) > 0)
            running.stop()
    assert_nothing_is_left(database, data_folder, settings)
    gap = database["coverage"].find_one({"cause": "the job died"})
    assert gap is not None  # the command did not pass itself off as the job
