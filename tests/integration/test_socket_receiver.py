"""Lines from a TCP peer, whatever the peer and the network do."""

import hashlib
import socket
import threading
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from errors import CannotStart
from receivers.socket import SocketReceiver
from spool.segments import CutEvent
from tests.servers.heard import Heard
from tests.servers.peer import Peer, free_port, hold, reset_after, send
from tests.servers.receiving import running, to_its_end

BOUND_SECONDS = 30


def receiver(heard: Heard, port: int, **more: Any) -> SocketReceiver:  # noqa: ANN401
    given = {"jobname": "a", "source": "socket", "socket_port": port, "max_event_bytes": 1000, **more}
    return SocketReceiver(heard.parts(**given))


def listening(heard: Heard, port: int, **more: Any) -> AbstractContextManager[SocketReceiver]:  # noqa: ANN401
    return running(receiver(heard, port, **more))


def until_the_feed_ends(heard: Heard, port: int, **more: Any) -> SocketReceiver:  # noqa: ANN401
    return to_its_end(receiver(heard, port, available_now=True, **more))


def test_lines_come_one_event_each_to_the_byte() -> None:
    heard = Heard()
    with Peer(send(b"a\n\nb\r\n\x00\xff\xfe\xef\xbb\xbf\n" + "ü\u2028".encode() + b"\n")) as peer:
        until_the_feed_ends(heard, peer.port)
    assert heard.events == [b"a", b"", b"b\r", b"\x00\xff\xfe\xef\xbb\xbf", "ü\u2028".encode()]
    assert heard.gaps == []


def test_a_peer_that_trickles_a_byte_at_a_time_is_heard_as_well() -> None:
    heard = Heard()
    with Peer(send(*(bytes([byte]) for byte in b"first\nsecond\n"))) as peer:
        until_the_feed_ends(heard, peer.port)
    assert heard.events == [b"first", b"second"]


def test_the_last_line_is_kept_without_its_line_feed() -> None:
    heard = Heard()
    with Peer(send(b"whole\nno line feed")) as peer:
        until_the_feed_ends(heard, peer.port)
    assert heard.events == [b"whole", b"no line feed"]


def test_a_line_that_is_too_long_is_cut_and_its_length_and_hash_are_kept() -> None:
    heard, line = Heard(), b"x" * 1_000_000
    with Peer(send(line + b"\nnext\n")) as peer:
        until_the_feed_ends(heard, peer.port)
    assert heard.events == [CutEvent(line[:1000], len(line), hashlib.sha256(line).hexdigest()), b"next"]


def test_a_dropped_connection_is_made_again_and_the_gap_is_noted() -> None:
    heard, released = Heard(), threading.Event()
    with Peer(send(b"a\nb"), hold(released, b"c\n")) as peer, listening(heard, peer.port):
        heard.wait_until(lambda: heard.events == [b"a", b"b", b"c"])
        released.set()
        assert peer.accepted == 2
    assert heard.gaps[0] == ("the peer closed the connection", True)


def test_a_connection_that_is_reset_is_made_again_and_the_gap_says_why() -> None:
    heard, released = Heard(), threading.Event()
    is_read = partial(heard.wait_until, lambda: heard.events == [b"a"])
    with Peer(reset_after(b"a\n", is_read), hold(released, b"b\n")) as peer, listening(heard, peer.port):
        heard.wait_until(lambda: heard.events == [b"a", b"b"])
        released.set()
    cause, is_closed = heard.gaps[0]
    assert "the connection broke: " in cause
    assert "reset by peer" in cause
    assert is_closed


def test_a_feed_that_is_not_there_yet_is_waited_for_and_the_gap_says_so() -> None:
    heard, released, port = Heard(), threading.Event(), free_port()
    with listening(heard, port):
        heard.wait_until(lambda: bool(heard.gaps))
        with Peer(hold(released, b"a\n"), port=port):
            heard.wait_until(lambda: heard.events == [b"a"])
            released.set()
    cause, is_closed = heard.gaps[0]
    assert cause.startswith(f"no connection to 127.0.0.1:{port}: ")
    assert "refused" in cause
    assert is_closed


def test_nobody_answering_within_the_start_timeout_ends_the_job() -> None:
    heard, port = Heard(), free_port()
    started = receiver(heard, port, start_timeout_seconds=0)
    started.start()
    started._thread.join(BOUND_SECONDS)
    assert isinstance(started.failure, CannotStart)
    assert f"nobody answers at 127.0.0.1:{port} after 0 s: " in str(started.failure)
    assert "correct SOCKET_HOST and SOCKET_PORT" in str(started.failure)


def test_the_start_timeout_is_over_once_the_feed_was_there() -> None:
    heard, released = Heard(), threading.Event()
    with Peer(send(b"a\n")) as peer:
        port = peer.port
        with listening(heard, port, start_timeout_seconds=0) as started:
            heard.wait_until(lambda: bool(heard.gaps))
            peer._thread.join(BOUND_SECONDS)
            assert not started.is_over
            with Peer(hold(released, b"b\n"), port=port):
                heard.wait_until(lambda: heard.events == [b"a", b"b"])
                released.set()
            assert started.failure is None


def test_a_peer_that_vanishes_is_found_by_keep_alive() -> None:
    heard, released = Heard(), threading.Event()
    with Peer(hold(released)) as peer:
        connection = receiver(heard, peer.port)._open()
        with connection:
            assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            idle, interval, count = (
                connection.getsockopt(socket.IPPROTO_TCP, option)
                for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
            )
            assert idle + interval * count <= 30
        released.set()


def test_a_peer_that_is_connected_and_silent_is_left_alone_until_the_job_stops() -> None:
    heard, released = Heard(), threading.Event()
    with Peer(hold(released, b"half a li")) as peer:
        started = receiver(heard, peer.port, idle_seconds=0.01)
        started.start()
        while not peer.accepted:
            assert not started.is_over
        started.stop(BOUND_SECONDS)
        assert started.is_over
        assert not released.is_set()
        released.set()
    assert heard.events in ([b"half a li"], [])
    assert heard.gaps == []


def test_available_now_ends_when_the_peer_falls_silent() -> None:
    heard, released = Heard(), threading.Event()
    with Peer(hold(released, b"a\nb")) as peer:
        assert until_the_feed_ends(heard, peer.port, idle_seconds=0.3).failure is None
        assert not released.is_set()
        released.set()
    assert heard.events == [b"a", b"b"]


def test_available_now_goes_on_after_a_reset_and_ends_when_nobody_answers_any_more() -> None:
    heard = Heard()
    is_read = [partial(heard.wait_until, partial(lambda number: len(heard.events) == number, each)) for each in (1, 2)]
    with Peer(reset_after(b"a\n", is_read[0]), reset_after(b"b\n", is_read[1])) as peer:
        assert until_the_feed_ends(heard, peer.port, idle_seconds=0.3).failure is None
        assert peer.accepted == 2
    assert heard.events == [b"a", b"b"]
    assert ["reset" in cause for cause, _ in heard.gaps] == [True, True]


def test_a_peer_that_hangs_up_at_once_is_not_run_down() -> None:
    heard, pauses = Heard(), []
    with Peer(*[send()] * 4) as peer:
        started = receiver(heard, peer.port)

        class Stopping(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:
                pauses.append(timeout)
                if len(pauses) == 4:
                    self.set()
                return self.is_set()

        started.stopping = Stopping()
        started.receive()
        assert peer.accepted == 4
    assert pauses == [1, 2, 4, 8]


def test_stopping_while_nobody_answers_does_not_wait_for_the_next_attempt() -> None:
    heard = Heard()
    with listening(heard, free_port(), start_timeout_seconds=86_400) as started:
        heard.wait_until(lambda: bool(heard.gaps))
    assert started.failure is None
    assert heard.events == []


def test_stopping_what_never_began_is_no_mistake() -> None:
    receiver(Heard(), 1).stop()
