"""A TCP feed that trickles, is silent, breaks off, or vanishes without a word, while a real job listens."""

import ctypes
import json
import signal
import socket
import struct
import sys
import threading
from pathlib import Path

import pytest

from receivers.socket import SocketReceiver
from tests.conftest import Documents
from tests.integration.jobs import is_committed, job, message
from tests.integration.stored import posts
from tests.servers.heard import Heard
from tests.servers.peer import Act, Peer, send

JOB = ("--jobname", "demo", "--source", "socket", "--trigger-seconds", "1")
SO_ATTACH_FILTER = 26
ALL_IS_DROPPED = struct.pack("HBBI", 0x06, 0, 0, 0)  # a classic BPF program: return 0
BOUND_SECONDS = 120
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="a socket that drops what it is sent is Linux's")


class Vanishing:
    """An act of a peer: it sends a line, then answers nothing any more, not even a probe, as when a cable is pulled."""

    def __init__(self) -> None:
        self._is_done = threading.Event()
        self._refusal: PermissionError | None = None
        self._kept: socket.socket | None = None

    def __call__(self, connection: socket.socket) -> None:
        connection.sendall(b"before\n")
        try:
            drop_all(connection)
        except PermissionError as refusal:
            self._refusal = refusal
        self._kept = connection.dup()  # a close would say so
        self._is_done.set()

    def wait(self) -> None:
        """Until it is done; the test is skipped where the system does not allow it."""
        assert self._is_done.wait(BOUND_SECONDS)
        if self._refusal is not None:
            pytest.skip(f"this system lets no socket drop what it is sent: {self._refusal}")


def stay(released: threading.Event, line: bytes) -> Act:
    """Send the line and stay connected until released, for as long as a whole job may take."""

    def act(connection: socket.socket) -> None:
        connection.sendall(line)
        assert released.wait(BOUND_SECONDS)

    return act


def drop_all(connection: socket.socket) -> None:
    """From now on whatever comes to this end is thrown away before TCP sees it."""
    program = ctypes.create_string_buffer(ALL_IS_DROPPED)
    connection.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", 1, ctypes.addressof(program)))


@pytest.fixture
def settings(mongodb_uri: str, database: Documents) -> dict[str, str]:
    return {"mongodb_uri": mongodb_uri, "database": database.name, "count_url": "http://127.0.0.1:1/"}


@pytest.mark.slow
def test_a_feed_that_trickles_is_silent_and_breaks_off_is_heard_to_the_byte_and_every_gap_is_noted(
    data_folder: Path, settings: dict[str, str], database: Documents
) -> None:
    is_silent, go_on, is_read, released = (threading.Event() for _ in range(4))
    trickled = b"".join(b"trickle %d\n" % number for number in range(300))

    def trickle_and_be_silent(connection: socket.socket) -> None:
        send(*(trickled[at : at + 1] for at in range(len(trickled))))(connection)
        connection.sendall(b"half a li")
        is_silent.set()
        assert go_on.wait(BOUND_SECONDS)
        connection.sendall(b"ne\n")

    def reset(connection: socket.socket) -> None:
        connection.sendall(b"reset\n")
        assert is_read.wait(BOUND_SECONDS)  # a reset takes with it what was not read
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with (
        Peer(trickle_and_be_silent, reset, stay(released, b"last\n")) as peer,
        job(data_folder, *JOB, "--log-format", "json", "--socket-port", str(peer.port), **settings) as running,
    ):
        assert is_silent.wait(BOUND_SECONDS)
        while len(posts(database)) < 300:
            running.read_until(is_committed)
        go_on.set()
        while len(posts(database)) < 302:
            running.read_until(is_committed)
        is_read.set()
        while len(posts(database)) < 303:
            running.read_until(is_committed)
        running.signal(signal.SIGTERM)
        assert running.end() == 0
        released.set()
    expected = [*trickled.decode().splitlines(), "half a line", "reset", "last"]
    assert [post["text"] for post in posts(database)] == expected
    causes = [gap["cause"] for gap in database["coverage"].find(sort=[("from", 1)])]
    assert causes[0] == "the peer closed the connection"
    assert "reset by peer" in causes[1]
    assert len(causes) == 2
    told = [json.loads(line)["event"] for line in running.errors]
    assert [event for event in told if event.startswith("feed ")] == [
        "feed connected", "feed away", "feed back", "feed comes and goes",
    ]  # fmt: skip


@pytest.mark.faults
@ON_LINUX
def test_a_peer_that_vanishes_without_a_word_is_found_out_in_half_a_minute_and_connected_to_again(
    data_folder: Path, settings: dict[str, str], database: Documents
) -> None:
    vanishing, released = Vanishing(), threading.Event()
    with (
        Peer(vanishing, stay(released, b"after\n")) as peer,
        job(data_folder, *JOB, "--socket-port", str(peer.port), **settings) as running,
    ):
        vanishing.wait()
        line = running.read_until(lambda line: "feed away" in message(line))
        assert "timed out" in message(line)
        while len(posts(database)) < 2:
            running.read_until(is_committed)
        running.signal(signal.SIGTERM)
        assert running.end() == 0
        released.set()
    assert [post["text"] for post in posts(database)] == ["before", "after"]
    (gap,) = database["coverage"].find()
    assert "timed out" in gap["cause"]
    assert gap["from"] < gap["to"]


@ON_LINUX
def test_a_connection_that_keep_alive_gives_up_has_broken_and_was_not_closed_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("receivers.socket._KEEP_ALIVE", {"TCP_KEEPIDLE": 1, "TCP_KEEPINTVL": 1, "TCP_KEEPCNT": 1})
    heard, vanishing, released = Heard(), Vanishing(), threading.Event()
    with Peer(vanishing, stay(released, b"after\n")) as peer:
        receiver = SocketReceiver(heard.parts(jobname="a", source="socket", socket_port=peer.port))
        receiver.start()
        try:
            vanishing.wait()
            heard.wait_until(lambda: heard.events == [b"before", b"after"])
        finally:
            released.set()
            receiver.stop(BOUND_SECONDS)
    cause, is_closed = heard.gaps[0]
    assert cause == "the connection broke: [Errno 110] Connection timed out"
    assert is_closed
