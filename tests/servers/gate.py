"""A port on loopback that leads to a server, until it is shut: then to nobody."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

BOUND_SECONDS = 30
_READ_BYTES = 64 * 1024


class Gate:
    """A context manager. While it is shut whoever comes is turned away, and counted; who was there is cut off."""

    def __init__(self, to_port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.turned_away = 0
        self._to = to_port
        self._is_shut = False
        self._guard = threading.Lock()
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._let_in, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.shut()
        for thread in self._threads:
            thread.join(BOUND_SECONDS)

    def shut(self) -> None:
        """Nobody is there any more."""
        with self._guard:
            self._is_shut = True
            for end in self._ends:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            self._ends.clear()

    def open(self) -> None:
        """Somebody is there again."""
        with self._guard:
            self._is_shut = False

    def _let_in(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._guard:
                if self._is_shut:
                    self.turned_away += 1
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self._to))
                self._ends += [client, server]
                pair = [(client, server), (server, client)]
                threads = [threading.Thread(target=_pump, args=ends, daemon=True) for ends in pair]
                self._threads += threads
            for thread in threads:
                thread.start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(_READ_BYTES):
            sink.sendall(block)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
