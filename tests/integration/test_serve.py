"""`manage.py serve` as its readers see it: a server that stays up without a job, and says where it is."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pymongo import MongoClient

from runtime.embedded import FOLDER, EmbeddedServer
from runtime.server_process import ServerProcess
from tests.integration.jobs import END_SECONDS, ROOT, manage


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running command, and the URI that it told."""
    command = [sys.executable, str(ROOT / "manage.py"), "serve"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield process, told(process)
        finally:
            process.terminate()


def told(process: subprocess.Popen[str]) -> str:
    """The URI of the next line that a reader can copy."""
    assert process.stdout is not None
    line = next(line for line in process.stdout if line.startswith("CASESTREAM_MONGODB_URI="))
    return line.partition("=")[2].strip().strip("'")


def stored_things(uri: str) -> list[str]:
    with MongoClient[dict[str, str]](uri) as client:
        return [thing["_id"] for thing in client.casestream.things.find()]


def store_one_thing(folder: Path) -> None:
    with EmbeddedServer(folder / FOLDER) as server, MongoClient[dict[str, str]](server.start(), journal=True) as client:
        client.casestream.things.insert_one({"_id": "what a job stored"})


def test_readers_find_the_data_while_no_job_runs_and_the_server_ends_with_the_command(data_folder: Path) -> None:
    store_one_thing(data_folder)
    with serving(data_folder) as (process, uri):
        assert manage(data_folder, "serve", "--print-uri").stdout.strip() == uri
        assert stored_things(uri) == ["what a job stored"]
        server = ServerProcess.read(data_folder / FOLDER)
        process.send_signal(signal.SIGINT)
        assert process.wait(END_SECONDS) == 0
    assert server is not None
    assert not server.is_alive()


def test_a_server_that_dies_comes_back(data_folder: Path) -> None:
    store_one_thing(data_folder)
    with serving(data_folder) as (process, uri):
        former = ServerProcess.read(data_folder / FOLDER)
        assert former is not None
        os.kill(former.pid, signal.SIGKILL)
        assert stored_things(uri) == ["what a job stored"]
        process.terminate()
        assert process.wait(END_SECONDS) == 0


def test_without_data_or_without_a_server_the_next_move_is_named(data_folder: Path) -> None:
    nothing = manage(data_folder, "serve")
    assert nothing.returncode == 3
    assert "make run" in nothing.stderr
    nobody = manage(data_folder, "serve", "--print-uri")
    assert nobody.returncode == 3
    assert "manage.py serve" in nobody.stderr
    assert not list(data_folder.iterdir())


def test_with_a_mongodb_of_ones_own_it_says_where_the_data_are_and_not_the_password(data_folder: Path) -> None:
    uri = "mongodb://ana:pass%40word@db.example.org:27017/?tls=true"
    said = "nothing to serve: the data are where CASESTREAM_MONGODB_URI says, at mongodb://db.example.org:27017/\n"
    serving = manage(data_folder, "serve", mongodb_uri=uri)
    assert (serving.returncode, serving.stdout) == (0, said)
    for_a_script = manage(data_folder, "serve", "--print-uri", mongodb_uri=uri)
    assert (for_a_script.returncode, for_a_script.stdout, for_a_script.stderr) == (3, "", said)
