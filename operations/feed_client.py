"""One TCP client that listens to a feed."""

import socket
import struct
from select import select

from operations.interrupt import Interrupt, Readable

GRACE_SECONDS = 2.0
"""How long a client may still take what is under way once the process was asked to end."""

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class ClientLost(Exception):
    """The client hung up or stopped reading. `taken`: bytes of the block in hand that were handed to it before."""

    def __init__(self, reason: str, taken: int) -> None:
        super().__init__(reason)
        self.taken = taken


class Client:
    """A connection that is only written to. A closed sending side counts as hung up: TCP shows no difference."""

    def __init__(self, connection: socket.socket, name: str, silence_seconds: float, interrupt: Interrupt) -> None:
        """`silence_seconds`: the longest time the client may take nothing at all."""
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.name = name
        self._connection = connection
        self._silence_seconds = silence_seconds
        self._interrupt = interrupt

    def hung_up(self) -> bool:
        """Whether the client is gone. What it may have said is read and thrown away."""
        try:
            return self._connection.recv(65536) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def send(self, block: bytes) -> None:
        """Write the whole block, waiting for as long as the client reads. Raises: ClientLost."""
        taken = 0
        while taken < len(block):
            try:
                taken += self._connection.send(memoryview(block)[taken:])
            except BlockingIOError:
                if not self._has_room():
                    raise ClientLost("it has not read for too long", taken) from None
            except OSError as error:
                raise ClientLost(str(error), taken) from error

    def end(self) -> None:
        """Say that no more will come: the client reads what is on its way, then the end of the stream."""
        try:
            self._connection.shutdown(socket.SHUT_WR)
        except OSError as error:
            raise ClientLost(str(error), 0) from error

    def wait_for_hang_up(self) -> None:
        """After `end`: give the client time to read everything and close. Raises: ClientLost: it did not."""
        while not self.hung_up():
            if not self._stirs():
                raise ClientLost("it did not close after the end", 0)
        self._connection.close()

    def reset(self) -> None:
        """Cut the connection so that the client sees an error, not an ordered end after half a line."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._connection.close()

    def _has_room(self) -> bool:
        asked, writable, _ = select([self._interrupt], [self._connection], [], self._silence_seconds)
        if asked and not writable:
            _, writable, _ = select([], [self._connection], [], min(GRACE_SECONDS, self._silence_seconds))
        return bool(writable)

    def _stirs(self) -> bool:
        watched: list[Readable] = [self._connection, self._interrupt]
        readable = select(watched, [], [], self._silence_seconds)[0]
        if readable == [self._interrupt]:
            readable = select(watched[:1], [], [], min(GRACE_SECONDS, self._silence_seconds))[0]
        return self._connection in readable
