"""`manage.py record` as its operator sees it: what a feed says, in files, over kills."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from operations.feed_recording import recorded
from spool.files import LocalFolder
from spool.segments import SUFFIX, CutEvent, decode
from spool.writer import SpoolWriter
from tests.conftest import Documents
from tests.integration.feed_process import ROOT, FeedProcess, feeding
from tests.servers.peer import Peer, hold, send

BOUND_SECONDS = 60


@contextmanager
def recording(database: Documents, uri: str, to: Path, port: int, *more: str) -> Iterator[subprocess.Popen[str]]:
    """A running `manage.py record`, killed when the block ends."""
    command = [sys.executable, str(ROOT / "manage.py"), "record", "--jobname", "monday", "--source", "socket"]
    told = {"CASESTREAM_MONGODB_URI": uri, "CASESTREAM_DATABASE": database.name, "CASESTREAM_SOCKET_PORT": str(port)}
    environment = {**os.environ, **told}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*command, "--to", str(to), *more], env=environment, cwd=to.parent, stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def events(folder: Path) -> list[bytes]:
    """Everything that is in closed segments, in its order."""
    names = sorted(path.name for path in folder.glob(f"*{SUFFIX}"))
    return [line.event for name in names for line in decode((folder / name).read_bytes())]


def handed_over(folder: Path) -> bytes:
    """All that lies in segments, open ones too."""
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.suffix in (".open", SUFFIX))


def wait_for(is_so: object, process: subprocess.Popen[str]) -> None:
    assert callable(is_so)
    for _ in range(BOUND_SECONDS * 20):
        if is_so():
            return
        assert process.poll() is None, process.stderr and process.stderr.read()
        Event().wait(0.05)
    raise AssertionError("it did not happen")


def test_a_feed_is_recorded_to_the_byte_over_a_kill_and_the_time_between_is_known(
    database: Documents, mongodb_uri: str, tmp_path: Path
) -> None:
    to, first_is_read, second_is_read = tmp_path / "monday", Event(), Event()
    with (
        Peer(hold(first_is_read, b"one\nt\xff\xfew\r\n"), hold(second_is_read, b"three\n")) as peer,
    ):
        with recording(database, mongodb_uri, to, peer.port) as process:
            wait_for(lambda: to.exists() and b"\xff\xfew\r\n" in handed_over(to), process)
            process.send_signal(signal.SIGKILL)
            assert process.wait(BOUND_SECONDS) == -signal.SIGKILL
        first_is_read.set()
        assert events(to) == []
        with recording(database, mongodb_uri, to, peer.port) as process:
            wait_for(lambda: b"three\n" in handed_over(to), process)
            process.send_signal(signal.SIGINT)
            assert process.wait(BOUND_SECONDS) == 0
            assert process.stdout is not None
            assert process.stdout.read() == f"1 events recorded in {to}\n"
        second_is_read.set()
    assert events(to) == [b"one", b"t\xff\xfew\r", b"three"]
    (gap,) = database["coverage"].find({"cause": "nobody was recording"})
    assert (gap["job"], gap["source"], gap["to"] is not None) == ("monday", "socket", True)


def test_two_recordings_never_write_to_one_folder(database: Documents, mongodb_uri: str, tmp_path: Path) -> None:
    released = Event()
    with Peer(hold(released, b"one\n")) as peer, recording(database, mongodb_uri, tmp_path / "a", peer.port) as first:
        wait_for(lambda: (tmp_path / "a").exists() and b"one" in handed_over(tmp_path / "a"), first)
        with recording(database, mongodb_uri, tmp_path / "a", peer.port) as second:
            _, said = second.communicate(timeout=BOUND_SECONDS)
            assert second.returncode == 3
            assert "another recording writes to" in said
        released.set()


@pytest.mark.parametrize(
    ("source", "said"), [("kafka", "CASESTREAM_KAFKA_TOPICS"), ("nothing", "must be one of"), ("files", "FILES_FOLDER")]
)
def test_what_cannot_be_recorded_is_a_mistake_in_a_line(source: str, said: str, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "record", "--jobname", "a", "--source", source, "--to", "x"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=BOUND_SECONDS, check=False)
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (2, True, False)
    assert not list(tmp_path.iterdir())


def test_it_ends_by_itself_after_so_many_seconds(database: Documents, mongodb_uri: str, tmp_path: Path) -> None:
    with (
        Peer(send(b"one\n")) as peer,
        recording(database, mongodb_uri, tmp_path / "a", peer.port, "--seconds", "2") as process,
    ):
        process.communicate(timeout=BOUND_SECONDS)
        assert process.returncode == 0
    assert events(tmp_path / "a") == [b"one"]


def test_a_recording_is_played_as_it_was_heard_or_faster(tmp_path: Path) -> None:
    heard_at = iter([0, 400, 1_000])
    writer = SpoolWriter(LocalFolder(tmp_path), 10**9, lambda: 1_700_000_000_000 + next(heard_at, 1_000))
    for event in (b"one", b"t\xffwo", CutEvent(b"lo", 9, "ab" * 32), b"three"):
        writer.append([event])
    writer.close()
    events, due = recorded(tmp_path, speed=2)
    assert [line for batch in events for line in batch] == [b"one\n", b"t\xffwo\n", b"three\n"]
    assert list(due) == [0, 0.2, 0.5]
    with feeding(FeedProcess, "--recording", tmp_path, "--speed", 0, "--port", 0) as player:
        port = int(player.address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), BOUND_SECONDS) as connection:
            assert connection.makefile("rb").read() == b"one\nt\xffwo\nthree\n"
        assert player.exit_code() == 0
