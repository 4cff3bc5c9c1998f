"""Lines from a TCP peer: the job connects, the peer sends."""

import logging
import socket
from contextlib import closing

from errors import CannotStart
from receivers.base import Receiver, ReceiverParts
from receivers.lines import LineSplitter
from receivers.outage import FeedOutage
from receivers.pauses import Pauses
from receivers.reaching import reach

log = logging.getLogger(__name__)

_CONNECT_SECONDS = 5
_READ_SECONDS = 0.2  # how soon a wish to stop is seen
_READ_BYTES = 256 * 1024
_STAYED_SECONDS = 1.0  # who only takes the connection and ends it is not back
_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 30.0
_KEEP_ALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}  # a half-open connection is found in 30 s


class SocketReceiver(Receiver):
    """Connects to `socket_host:socket_port`, and again whenever the connection ends.

    It backs off, up to 30 s, while nobody answers and while connections bring nothing. A line's bytes are the event,
    without the LF; what stands behind the last LF when a connection ends is an event too. A peer that is connected and
    silent is left alone: a quiet feed is no fault, and a dead connection is found by TCP keep-alive. Every time without
    a connection is in `coverage`.
    """

    def __init__(self, parts: ReceiverParts) -> None:
        super().__init__(parts)
        self._peer = f"{self.settings.socket_host}:{self.settings.socket_port}"
        self._outage = FeedOutage(log, self.clock, self._peer)
        self._pauses = Pauses(_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)
        self._was_connected = False
        self._heard_at = 0.0

    def receive(self) -> None:
        """Read lines until told to stop; with `available_now` until the peer closes or is silent for `idle_seconds`.

        A connection that breaks is not the end of the feed. Raises CannotStart when the peer cannot be reached within
        `start_timeout_seconds` of the start.
        """
        while (connection := self._connect()) is not None:
            self._outage.connected()
            self._was_connected = True
            self.coverage.close_gap()
            connected_at = self._heard_at = self.clock.monotonic()
            with closing(connection):
                why = self._read(connection)
            if why is None:
                return
            self.coverage.open_gap(why)
            pause = self._pauses.after(was_fruitful=self._heard_at > connected_at)
            self._outage.away(why, pause)
            self.clock.wait(self.stopping, pause)

    def _connect(self) -> socket.socket | None:
        """A connection, however long it takes; None when the job is to stop, or the feed is over."""
        limit: float | None = None
        if not self._was_connected:
            limit = self.settings.start_timeout_seconds
        elif self.settings.available_now:
            limit = self.settings.idle_seconds
        try:
            return reach(self._open, self._note_absence, (OSError,), self.clock, self.stopping, limit)
        except OSError as why:
            if self._was_connected:
                return None
            raise self._no_start(why) from why

    def _open(self) -> socket.socket:
        connection = socket.create_connection((self.settings.socket_host, self.settings.socket_port), _CONNECT_SECONDS)
        if connection.getsockname() == connection.getpeername():
            connection.close()
            raise ConnectionRefusedError("nobody listens there, the connection has met itself")
        connection.settimeout(_READ_SECONDS)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEP_ALIVE.items():
            if option := getattr(socket, name, None):  # macOS has other names for them
                connection.setsockopt(socket.IPPROTO_TCP, option, value)
        return connection

    def _note_absence(self, why: OSError, seconds: float) -> None:
        self.coverage.open_gap(f"no connection to {self._peer}: {why}")
        self._outage.away(str(why), seconds)

    def _no_start(self, why: OSError) -> CannotStart:
        return CannotStart(
            f"nobody answers at {self._peer} after {self.settings.start_timeout_seconds:g} s: {why}. "
            "Start the feed, or correct SOCKET_HOST and SOCKET_PORT."
        )

    def _read(self, connection: socket.socket) -> str | None:
        """Everything that the peer sends, into the spool; why it broke off, None where the reading is over."""
        lines = LineSplitter(self.settings.max_event_bytes)
        why: str | None = None
        while not self.stopping.is_set():
            try:
                block = connection.recv(_READ_BYTES)
            except TimeoutError as silence:
                if silence.errno is not None:  # the system's own word: keep-alive found nobody there
                    why = f"the connection broke: {silence}"
                    break
                idle = self.clock.monotonic() - self._heard_at
                if idle >= _STAYED_SECONDS:
                    self._outage.heard()
                if self.settings.available_now and idle >= self.settings.idle_seconds:
                    break
                continue
            except OSError as error:
                why = f"the connection broke: {error}"
                break
            if not block:
                why = None if self.settings.available_now else "the peer closed the connection"
                break
            self._outage.heard()
            self._heard_at = self.clock.monotonic()
            self.spool.append(lines.feed(block))
        self.spool.append(lines.finish())
        return why
