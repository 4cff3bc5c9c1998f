"""`requests` over connections whose sockets somebody else can shut down."""

import socket
import threading
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_READ_BYTES = 64 * 1024
_BODY_SECONDS = 30.0


class WatchedAdapter(HTTPAdapter):
    """A `requests` transport that shows each socket, of a direct connection or one through a proxy, to `watch`.

    By urllib3's classes of connections (urllib3 2, HTTPConnection._new_conn): `requests` itself shows none.
    """

    @abstractmethod
    def watch(self, connection: socket.socket) -> socket.socket:
        """A connection is made; returns the same socket.

        Keep a duplicate to shut it down by: TLS takes the socket's descriptor away from the object seen here.
        """

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as requests has it
        """Called by `requests` once per adapter."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as requests has it
        """Called by `requests` for each request that goes through a proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _pools(self)
        return manager


class HangUpAdapter(WatchedAdapter):
    """A `requests` transport of one connection at a time, which another thread can end."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._is_over = False
        super().__init__()

    def watch(self, connection: socket.socket) -> socket.socket:
        """The same socket; it is the connection now."""
        self.release()
        self._socket = connection.dup()
        if self._is_over:
            self.hang_up()
        return connection

    def release(self) -> None:
        """There is no connection any more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def hang_up(self) -> None:
        """End whatever waits for the other side, from another thread; what has come already can still be read."""
        if (connection := self._socket) is not None:
            with suppress(OSError):  # it has ended meanwhile
                connection.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """The same for good: a connection that is being made meanwhile is shut down too."""
        self._is_over = True
        self.hang_up()

    def read_body(self, answer: requests.Response, most_bytes: int) -> bytes:
        """The body, up to `most_bytes` and what came within 30 s; whatever breaks it off, the answer keeps that much.

        Raises nothing of the network: the status counts, whatever became of the words.
        """
        body = bytearray()
        timer = threading.Timer(_BODY_SECONDS, self.hang_up)
        timer.daemon = True
        timer.start()
        try:
            with suppress(requests.RequestException):
                for block in answer.iter_content(_READ_BYTES):
                    body += block
                    if len(body) > most_bytes:
                        break
        finally:
            timer.cancel()
            answer.close()
        answer._content = bytes(body[:most_bytes])
        return answer.content


def blocks(answer: requests.Response) -> Iterator[bytes]:
    """The body of an endless answer as it comes: without chunks (a proxy may undo them) `iter_content` would wait.

    Raises requests' errors where it comes in chunks, else urllib3's (`urllib3.exceptions.HTTPError`), and OSError.
    """
    if answer.raw.chunked:
        yield from answer.iter_content(_READ_BYTES)
        return
    while block := answer.raw.read1(_READ_BYTES, decode_content=True):
        yield block


def _pools(adapter: WatchedAdapter) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return adapter.watch(super()._new_conn())

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return adapter.watch(super()._new_conn())

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
