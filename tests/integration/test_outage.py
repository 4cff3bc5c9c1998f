"""MongoDB dies while posts keep coming, and comes back: the job heals by itself."""

import os
import signal
from pathlib import Path

import pytest

from ledger.database import connect
from runtime.embedded import EmbeddedServer
from runtime.server_process import ServerProcess
from tests.integration.jobs import is_committed, job, message
from tests.integration.lines_peer import LinesPeer
from tests.integration.stored import posts


@pytest.mark.slow
def test_posts_that_come_while_mongodb_is_dead_are_stored_once_when_it_is_back(
    data_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mongodb"
    with EmbeddedServer(folder) as server, LinesPeer() as peer:
        uri = server.start()
        settings = {"mongodb_uri": f"{uri}&serverSelectionTimeoutMS=1000", "count_url": "http://127.0.0.1:1/"}
        arguments = ("--jobname", "demo", "--source", "socket", "--trigger-seconds", "1", "--lease-seconds", "2")
        with job(data_folder, *arguments, "--socket-port", peer.port, **settings) as running:
            peer.send(b"before\n")
            running.read_until(is_committed)
            process = ServerProcess.read(folder)
            assert process is not None
            os.kill(process.pid, signal.SIGKILL)
            peer.send(b"meanwhile\n")
            running.read_until(lambda line: "query failed" in message(line))
            assert server.start() == uri
            peer.send(b"after\n")
            database = connect(uri, "casestream")
            with database.client:
                while len(posts(database)) < 3:
                    running.read_until(is_committed)
                running.signal(signal.SIGTERM)
                assert running.end() == 0
                assert [post["text"] for post in posts(database)] == ["before", "meanwhile", "after"]
                assert database["batches"].count_documents({"state": {"$ne": "committed"}}) == 0
