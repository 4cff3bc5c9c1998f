"""A TCP peer on loopback that does what each connection is scripted to do."""

import socket
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

BOUND_SECONDS = 30

Act = Callable[[socket.socket], None]


def send(*blocks: bytes) -> Act:
    """Send these blocks, each in a packet of its own, then close."""

    def act(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for block in blocks:
            connection.sendall(block)

    return act


def reset_after(block: bytes, wait_until_read: Callable[[], None]) -> Act:
    """Send the block, wait until it is read (a reset takes unread bytes along), then break the connection off."""

    def act(connection: socket.socket) -> None:
        connection.sendall(block)
        wait_until_read()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return act


def hold(released: threading.Event, *blocks: bytes) -> Act:
    """Send these blocks and stay connected, silent, until released."""

    def act(connection: socket.socket) -> None:
        for block in blocks:
            connection.sendall(block)
        assert released.wait(BOUND_SECONDS)

    return act


class Peer:
    """Listens; the first connection gets the first act, and so on; after the last one nobody answers any more.

    An act is over when its client has left.
    """

    def __init__(self, *acts: Act, port: int = 0) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self._acts: Sequence[Act] = acts
        self.accepted = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        self._thread.join(BOUND_SECONDS)

    def _run(self) -> None:
        with self._listener:
            for act in self._acts:
                try:
                    connection, _ = self._listener.accept()
                except OSError:
                    return
                self.accepted += 1
                with connection, suppress(ConnectionError):
                    act(connection)


def free_port() -> int:
    """A port at which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
