"""A feed for any number of TCP clients that all hear the same live stream."""

import logging
import os
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self

from errors import CannotStart
from operations.feed_client import Client, ClientLost
from operations.feed_progress import Progress
from operations.interrupt import Interrupt

log = logging.getLogger(__name__)

SILENCE_SECONDS = 30.0


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises: CannotStart: the address cannot be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server((str(address[0]), port), family=family)
    except OSError as error:
        # socket.create_server rewords the system's message and adds the address once more.
        reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise CannotStart(f"cannot listen on {host}:{port}: {reason}") from error
    listener.setblocking(False)
    return listener


class TcpOutlet:
    """Plays to whoever is connected; with nobody there it waits, so a client that comes back misses no event.

    Guarantee: an event is handed to every connected client in order; it is repeated whole to the next one where no
    client took all of it. What lies unread in the buffers of a connection that breaks is lost with it: TCP does not
    say how far the other side had read.
    """

    def __init__(
        self,
        listener: socket.socket,
        interrupt: Interrupt,
        progress: Progress,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        """`silence_seconds`: a client that takes nothing for so long is dropped; until then it sets the pace."""
        self._listener = listener
        self._interrupt = interrupt
        self._progress = progress
        self._silence_seconds = silence_seconds
        self._clients: list[Client] = []
        self._progress.clients = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        for client in list(self._clients):
            self._attempt(client, client.end)
        for client in list(self._clients):
            self._attempt(client, client.wait_for_hang_up)

    def send(self, events: list[bytes]) -> None:
        """See `Outlet`. The slowest client sets the pace."""
        self._interrupt.check()
        block = b"".join(events)
        while block:
            self._wait_for_client()
            taken = max(self._hand_over(client, block) for client in list(self._clients))
            block = b"" if taken == len(block) else block[block.rfind(b"\n", 0, taken) + 1 :]

    def _wait_for_client(self) -> None:
        self._greet_and_part()
        if not self._clients:
            log.info("waiting for a client")
        while not self._clients:
            self._interrupt.wait_for(self._listener)
            self._greet_and_part()

    def _greet_and_part(self) -> None:
        while (client := self._accept()) is not None:
            self._clients.append(client)
            self._progress.clients = len(self._clients)
            log.info("client connected client=%s", client.name)
        for client in [client for client in self._clients if client.hung_up()]:
            self._lose(client, "it hung up")

    def _accept(self) -> Client | None:
        try:
            connection, address = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return None
        return Client(connection, f"{address[0]}:{address[1]}", self._silence_seconds, self._interrupt)

    def _hand_over(self, client: Client, block: bytes) -> int:
        """How many bytes of the block the client took; fewer than all means that it is gone."""
        try:
            client.send(block)
        except ClientLost as loss:
            self._lose(client, str(loss))
            return loss.taken
        return len(block)

    def _attempt(self, client: Client, step: Callable[[], None]) -> None:
        try:
            step()
        except ClientLost as loss:
            self._lose(client, str(loss))

    def _lose(self, client: Client, reason: str) -> None:
        log.warning("client dropped client=%s reason=%r", client.name, reason)
        client.reset()
        self._clients.remove(client)
        self._progress.clients = len(self._clients)
