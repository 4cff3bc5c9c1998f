"""MongoDB dies while posts keep coming, and comes back: the job heals by itself, and keeps its lease."""

import os
import signal
from pathlib import Path

import pytest

from ledger.database import connect
from runtime.embedded import EmbeddedServer
from runtime.server_process import ServerProcess
from tests.conftest import Documents
from tests.integration.jobs import RunningJob, is_committed, job, message
from tests.integration.steady_feed import SteadyFeed
from tests.integration.stored import posts

JOB = ("--jobname", "demo", "--source", "socket", "--trigger-seconds", "1")


def kill(folder: Path) -> None:
    """SIGKILL to the server of that folder, and its end seen."""
    process = ServerProcess.read(folder)
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    while process.is_alive():
        pass


def is_begun(line: str) -> bool:
    """Whether the line says that a batch is in hand."""
    return "processing and storing" in message(line)


def is_failed(line: str) -> bool:
    """Whether the line says that the query failed, and why."""
    return "query failed, nothing is lost" in message(line)


def read_until_all_are_stored(running: RunningJob, database: Documents, sent: list[str]) -> None:
    while len(posts(database)) < len(sent):
        running.read_until(is_committed)


@pytest.mark.faults
@pytest.mark.timeout(600)
@pytest.mark.parametrize("lease_seconds", [2, 30])
def test_posts_that_come_while_mongodb_is_dead_are_stored_once_and_the_job_keeps_its_lease(
    data_folder: Path, tmp_path: Path, lease_seconds: int
) -> None:
    folder = tmp_path / "mongodb"
    with EmbeddedServer(folder) as server, SteadyFeed() as feed:
        uri = server.start()
        settings = {"mongodb_uri": f"{uri}&serverSelectionTimeoutMS=1000", "count_url": "http://127.0.0.1:1/"}
        lease = ("--lease-seconds", str(lease_seconds))
        with job(data_folder, *JOB, *lease, "--socket-port", feed.port, **settings) as running:
            running.read_until(is_committed)
            with (database := connect(uri, "casestream")).client:
                holder = database["leases"].find_one({}, {"holder": 1, "epoch": 1})
            running.read_until(is_begun)
            kill(folder)
            assert is_failed(running.read_until(lambda line: is_failed(line) or is_committed(line)))
            # A server that is away twice a lease's period: whoever had looked could have taken the job over.
            feed.send_on(2 * lease_seconds)
            assert server.start() == uri
            sent = feed.stop()
            with (database := connect(uri, "casestream")).client:
                read_until_all_are_stored(running, database, sent)
                assert database["leases"].find_one({}, {"holder": 1, "epoch": 1}) == holder
                running.signal(signal.SIGTERM)
                assert running.end() == 0
                assert [post["text"] for post in posts(database)] == sent
                assert database["batches"].count_documents({"state": {"$ne": "committed"}}) == 0
                assert database["coverage"].count_documents({}) == 0
    said = [message(line) for line in running.errors]
    assert len([each for each in said if "heartbeat not written, MongoDB is away" in each]) == 1
    assert any("Connection refused" in each for each in said if "query failed, nothing is lost" in each)
    assert not any("Traceback" in line for line in running.errors)
