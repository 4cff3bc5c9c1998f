"""One open stream of a response, as its server sees it."""

import select
import socket
import struct
import threading
import time
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable

LOOK_SECONDS = 0.05
"""How often a connection is asked whether its client is still there."""

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
GZIP_FORMAT = 31


class StreamLost(ConnectionError):
    """The client is gone, reads too slowly, or the stream is over."""


class OpenStream(ABC):
    """A chunked body that is written event by event, by any thread. Made when the head of the answer was sent."""

    def __init__(self, connection: socket.socket, compressed: bool, patience: Callable[[], float]) -> None:
        """`patience`: seconds for which the client may take nothing at all; asked while it takes nothing."""
        self.over = threading.Event()
        self.reset = False
        self._silent = False
        self._cut = False
        self._connection = connection
        self._patience = patience
        self._guard = threading.Lock()
        self._compressor = zlib.compressobj(wbits=GZIP_FORMAT) if compressed else None
        self._spoke = time.monotonic()

    @abstractmethod
    def keep_alive(self) -> None:
        """What is sent when there is nothing to say. Raises: StreamLost."""

    def raw(self, data: bytes) -> None:
        """These bytes of the body (compressed where the body is), in a chunk of their own. Raises: StreamLost."""
        with self._guard:
            if self.over.is_set():
                raise StreamLost("the stream is over")
            if self._compressor:
                data = self._compressor.compress(data) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
            self._write(_chunk(data))
            self._spoke = time.monotonic()

    def hold(self, keep_alive_seconds: float) -> None:
        """Stay open, with a sign of life after so many quiet seconds, until the stream is over or its client gone."""
        while not self.over.wait(min(LOOK_SECONDS, keep_alive_seconds)):
            if self.gone():
                self.over.set()
            elif not self._silent and time.monotonic() - self._spoke >= keep_alive_seconds:
                self.keep_alive()

    def be_silent(self) -> None:
        """Send no more signs of life."""
        self._silent = True

    def stall(self) -> None:
        """Stay open and send nothing, until the stream is over or its client gone."""
        self.be_silent()
        self.hold(LOOK_SECONDS)

    def end(self) -> None:
        """The proper end of the body; nothing happens where the client is gone."""
        self.over.set()
        with self._guard:
            last = self._compressor.flush() if self._compressor else b""
            try:
                self._write((_chunk(last) if last else b"") + b"0\r\n\r\n")
            except StreamLost:
                return

    def drop(self, reset: bool = False) -> None:
        """Break off without the closing chunk. With `reset` what the client has not read yet may be lost to it."""
        self.reset = reset
        self._cut = True
        self.over.set()
        with self._guard:
            self._shut_down()

    def gone(self) -> bool:
        """Whether the client has closed its side."""
        try:
            return self._connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except (OSError, ValueError):
            return True

    def close(self) -> bool:
        """Called once by the server when nothing more is to come: whether the connection can be used again."""
        if not self.over.is_set():
            self.end()
        with self._guard:
            if self.reset:
                self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            return not (self._cut or self.gone())

    def _shut_down(self) -> None:
        if self.reset:
            return  # an ordered end would come first: the reset is sent when the server closes
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            self._cut = True

    def _write(self, data: bytes) -> None:
        taken, moved = 0, time.monotonic()
        while taken < len(data):
            try:
                taken += self._connection.send(memoryview(data)[taken:], socket.MSG_DONTWAIT)
                moved = time.monotonic()
            except BlockingIOError:
                self._wait_for_room(moved)
            except OSError as error:
                self._lose(str(error), error)

    def _wait_for_room(self, since: float) -> None:
        select.select([], [self._connection], [], LOOK_SECONDS)
        if self._cut or self.gone():
            self._lose("it is gone")
        if time.monotonic() - since > self._patience():
            self._lose("it has not read for too long")

    def _lose(self, reason: str, cause: OSError | None = None) -> None:
        self._cut = True
        self.reset = True
        self.over.set()
        raise StreamLost(reason) from cause


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
