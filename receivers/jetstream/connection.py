"""One connection to a Jetstream host, by the library `websockets`."""

from types import TracebackType
from typing import Self

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from receivers.jetstream.addresses import MOST_BYTES
from receivers.outage import NOBODY, kind_of_status

_OPEN_SECONDS = 10.0
_CLOSE_SECONDS = 1.0
_LONGEST_WORDS = 300


class Ended(Exception):
    """There is no connection, or no more; the message says why. kind: of the reason, see `receivers.outage`."""

    def __init__(self, why: str, kind: str = NOBODY) -> None:
        super().__init__(why)
        self.kind = kind


class Connection:
    """A connection that is read.

    The library answers the host's pings, sends some itself every 20 s, and ends a connection over which no answer
    comes for 20 s. It holds a few events; while nobody takes them, TCP holds the host up.
    """

    def __init__(self, address: str) -> None:
        """Connect. Raises Ended."""
        try:
            self._connection: ClientConnection = connect(
                address, open_timeout=_OPEN_SECONDS, close_timeout=_CLOSE_SECONDS, max_size=MOST_BYTES
            ).__enter__()
        except (OSError, WebSocketException) as error:
            raise _refusal(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.__exit__(kind, error, trace)

    def next(self, seconds: float) -> bytes | None:
        """The next event, None where none comes within so many seconds. Raises Ended."""
        try:
            return self._connection.recv(seconds, decode=False)
        except TimeoutError:
            return None
        except ConnectionClosed as closed:
            raise Ended(_end(closed)) from closed


def _refusal(error: Exception) -> Ended:
    if isinstance(error, InvalidStatus):
        status, body = error.response.status_code, bytes(error.response.body or b"").decode("utf-8", "replace")
        return Ended(f"HTTP {status}: {' '.join(body.split())}"[:_LONGEST_WORDS], kind_of_status(status))
    if isinstance(error, TimeoutError):
        return Ended("no answer in time")
    return Ended(f"{type(error).__name__}: {error}"[:_LONGEST_WORDS])


def _end(closed: ConnectionClosed) -> str:
    if closed.rcvd is not None:
        return f"the host closed the connection: {closed.rcvd}"[:_LONGEST_WORDS]
    if closed.sent is not None:
        return f"the connection was given up: {closed.sent}"[:_LONGEST_WORDS]
    return "the connection broke" + (f": {closed.__cause__}"[:_LONGEST_WORDS] if closed.__cause__ else "")
