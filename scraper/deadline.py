"""One time limit over everything that a page fetch does on the network.

The time-outs of `requests` bound a single wait for bytes, so a server that sends one byte at a time, in its headers
or its body, is never late. Here a timer shuts the connections down when the time is up, which ends any wait at once.
"""

import socket
import threading
from contextlib import suppress
from typing import Self

from watched_connections import WatchedAdapter


class Deadline:
    """A context manager: `seconds` after it is entered, every watched connection is shut down and `passed` is true.

    The end of a connection looks like the end of a page without a length: look at `passed` before trusting a body.
    Name resolution and connecting are not watched: they are bounded by the resolver and by the connect time-out.
    """

    def __init__(self, seconds: float) -> None:
        self._lock = threading.Lock()
        self._watched: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True
        self.passed = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            for connection in self._watched:
                connection.close()
            self._watched.clear()

    def watch(self, connection: socket.socket) -> socket.socket:
        """Return the same socket, watched from now on. Raises TimeoutError, and closes it, when time is up already."""
        with self._lock:
            if self.passed:
                connection.close()
                raise TimeoutError("no time is left for another connection")
            self._watched.append(connection.dup())
        return connection

    def _expire(self) -> None:
        with self._lock:
            self.passed = True
            for connection in self._watched:
                with suppress(OSError):  # the peer may have closed it first
                    connection.shutdown(socket.SHUT_RDWR)


class DeadlineAdapter(WatchedAdapter):
    """A `requests` transport whose connections, direct or through a proxy, are watched by one deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        super().__init__()

    def watch(self, connection: socket.socket) -> socket.socket:
        """See `Deadline.watch`."""
        return self._deadline.watch(connection)
