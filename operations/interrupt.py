"""Ctrl-C and SIGTERM as something that a command can wait for, and finish the line in hand before it obeys."""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from select import select
from types import FrameType, TracebackType
from typing import Protocol, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(Exception):
    """The command was asked to end: begin nothing more, close in order."""


class Readable(Protocol):
    """What `select` can wait for."""

    def fileno(self) -> int: ...


class Interrupt:
    """A clock whose waits end early when the process is asked to end; usable in `select`.

    While entered it handles SIGINT and SIGTERM: the first one makes `requested` true, for good, and every wait
    raise; the second one ends the process at once (KeyboardInterrupt). Enter it in the main thread.
    """

    def __init__(self) -> None:
        self.requested = False
        self._raises = False
        self._receiver, self._sender = socket.socketpair()

    def __enter__(self) -> Self:
        self._former = {number: signal.signal(number, self._asked) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)
        self._receiver.close()
        self._sender.close()

    def fileno(self) -> int:
        """Readable from the moment the process was asked to end."""
        return self._receiver.fileno()

    def now(self) -> float:
        """Seconds of a clock that never goes back."""
        return time.monotonic()

    def check(self) -> None:
        """Raises: Interrupted: the process was asked to end."""
        if self.requested:
            raise Interrupted

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """For what may be broken off anywhere: in the block the first signal raises too, whatever it is at.

        Raises: Interrupted: the process was asked to end.
        """
        self.check()
        self._raises = True
        try:
            yield
        finally:
            self._raises = False

    def wait(self, seconds: float) -> None:
        """Let that time pass. Raises: Interrupted: the process was asked to end."""
        select([self], [], [], seconds)
        self.check()

    def wait_for(self, source: Readable) -> None:
        """Wait until `source` can be read. Raises: Interrupted: the process was asked to end."""
        select([self, source], [], [])
        self.check()

    def request(self) -> None:
        """What the first signal does."""
        self.requested = True
        self._sender.send(b"!")

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        for number in SIGNALS:
            signal.signal(number, signal.default_int_handler)
        self.request()
        if self._raises:
            raise Interrupted
