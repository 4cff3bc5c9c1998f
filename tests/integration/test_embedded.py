"""The embedded server as its users see it: shared, ended by the last of them, and never lost with a process."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from errors import CannotStart
from runtime.embedded import EmbeddedServer
from runtime.server_process import ServerProcess

ROOT = Path(__file__).parents[2]
BOUND_SECONDS = 60
KILLED_USER = """
import os, sys
from pathlib import Path
from runtime.embedded import EmbeddedServer
print(EmbeddedServer(Path(sys.argv[1])).start(), flush=True)
os.kill(os.getpid(), 9)
"""


def connected(uri: str) -> MongoClient[dict[str, Any]]:
    return MongoClient(uri, serverSelectionTimeoutMS=BOUND_SECONDS * 1000, journal=True)


def store(uri: str, name: str) -> None:
    with connected(uri) as client:
        client.demo.things.insert_one({"_id": name})


def stored(uri: str) -> set[str]:
    with connected(uri) as client:
        return {thing["_id"] for thing in client.demo.things.find()}


def launched(folder: Path) -> ServerProcess:
    server = ServerProcess.read(folder)
    assert server is not None
    return server


def test_users_of_a_folder_share_one_server_and_the_last_one_ends_it(tmp_path: Path) -> None:
    first, second = EmbeddedServer(tmp_path), EmbeddedServer(tmp_path)
    try:
        uri = first.start()
        server = launched(tmp_path)
        assert second.start() == uri
        assert launched(tmp_path) == server
        first.stop()
        store(uri, "while the second is there")
    finally:
        first.stop()
        second.stop()
    assert not server.is_alive()
    assert ServerProcess.read(tmp_path) is None


def test_a_killed_server_comes_back_at_its_address_with_its_data(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as first, EmbeddedServer(tmp_path) as second:
        uri = first.start()
        store(uri, "before")
        os.kill(launched(tmp_path).pid, signal.SIGKILL)
        assert second.start() == uri
        assert stored(uri) == {"before"}


def test_the_server_of_a_killed_user_is_taken_over(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED_USER, str(tmp_path)]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=BOUND_SECONDS, check=False)
    assert killed.returncode == -signal.SIGKILL
    orphan = launched(tmp_path)
    assert orphan.is_alive()
    with EmbeddedServer(tmp_path) as user:
        assert user.start() == killed.stdout.strip()
        assert launched(tmp_path) == orphan
    assert not orphan.is_alive()


def test_a_server_that_falls_silent_is_replaced(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path, answer_seconds=1) as user:
        store(user.start(), "before")
        silent = launched(tmp_path)
        os.kill(silent.pid, signal.SIGSTOP)
        assert stored(user.start()) == {"before"}
        assert launched(tmp_path).pid != silent.pid
        assert not silent.is_alive()


def test_an_address_that_belongs_to_another_process_is_left_alone(tmp_path: Path) -> None:
    ServerProcess(str(tmp_path), os.getpid(), 1).write()
    with EmbeddedServer(tmp_path) as user:
        store(user.start(), "a new one")
        assert launched(tmp_path).pid != os.getpid()


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    with pytest.raises(CannotStart, match=r"(?s)did not start; log: .*server\.log\n.*data"):
        EmbeddedServer(tmp_path).start()
    assert ServerProcess.read(tmp_path) is None


def test_without_the_package_the_next_move_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"pip install -r requirements-demo\.txt"):
        EmbeddedServer(tmp_path, program=tmp_path / "secantusd-py").start()


def test_stopping_where_nothing_ever_ran_is_no_mistake(tmp_path: Path) -> None:
    EmbeddedServer(tmp_path / "none").stop()
    assert not (tmp_path / "none").exists()
