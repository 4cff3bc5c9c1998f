"""Lines from a TCP peer: the job connects, the peer sends."""

import logging
import socket
import time
from contextlib import closing

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    stop_never,
    stop_when_event_set,
    wait_random_exponential,
)
from tenacity.nap import sleep_using_event
from tenacity.stop import stop_base

from errors import CannotStart
from receivers.base import Receiver
from receivers.lines import LineSplitter

log = logging.getLogger(__name__)

_CONNECT_SECONDS = 5
_READ_SECONDS = 0.2  # how soon a wish to stop is seen
_READ_BYTES = 256 * 1024
_PAUSE_SECONDS = 0.5  # before connecting again; twice as long each time that a connection brought nothing
_LONGEST_PAUSE_SECONDS = 30.0
_LONGEST_FIRST_PAUSE_SECONDS = 2.0
_KEEP_ALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}  # a half-open connection is found in 30 s


class SocketReceiver(Receiver):
    """Connects to `socket_host:socket_port`, and again whenever the connection ends.

    It backs off, up to 30 s, while nobody answers and while connections bring nothing. A line's bytes are the event,
    without the LF; what stands behind the last LF when a connection ends is an event too. A peer that is connected and
    silent is left alone: a quiet feed is no fault, and a dead connection is found by TCP keep-alive. Every time without
    a connection is in `coverage`.
    """

    _was_connected = False
    _heard_at = 0.0

    def receive(self) -> None:
        """Read lines until told to stop; with `available_now` until the peer closes or is silent for `idle_seconds`.

        A connection that breaks is not the end of the feed. Raises CannotStart when the peer cannot be reached within
        `start_timeout_seconds` of the start.
        """
        fruitless = 0
        while (connection := self._connect()) is not None:
            self._was_connected = True
            self.coverage.close_gap()
            log.info("feed connected peer=%s", self._peer)
            connected_at = self._heard_at = time.monotonic()
            with closing(connection):
                why = self._read(connection)
            if why is None:
                return
            self.coverage.open_gap(why)
            fruitless = fruitless + 1 if self._heard_at == connected_at else 0
            log.warning("feed disconnected, connecting again peer=%s why=%r", self._peer, why)
            self.clock.wait(self.stopping, min(_PAUSE_SECONDS * 2**fruitless, _LONGEST_PAUSE_SECONDS))

    @property
    def _peer(self) -> str:
        return f"{self.settings.socket_host}:{self.settings.socket_port}"

    def _connect(self) -> socket.socket | None:
        """A connection, however long it takes; None when the job is to stop, or the feed is over."""
        patience: stop_base = stop_never
        longest_pause: float = _LONGEST_PAUSE_SECONDS
        if not self._was_connected:
            patience, longest_pause = (
                stop_after_delay(self.settings.start_timeout_seconds),
                _LONGEST_FIRST_PAUSE_SECONDS,
            )
        elif self.settings.available_now:
            patience = stop_after_delay(self.settings.idle_seconds)
        retrying = Retrying(
            retry=retry_if_exception_type(OSError),
            wait=wait_random_exponential(multiplier=0.25, max=longest_pause),
            stop=patience | stop_when_event_set(self.stopping),
            sleep=sleep_using_event(self.stopping),
            before_sleep=self._note_absence,
            retry_error_callback=self._give_up,
        )
        return retrying(self._open)

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

    def _note_absence(self, attempt: RetryCallState) -> None:
        if attempt.attempt_number == 1 and attempt.outcome is not None:
            why = attempt.outcome.exception()
            self.coverage.open_gap(f"no connection to {self._peer}: {why}")
            log.warning("feed away, trying again peer=%s why=%r", self._peer, str(why))

    def _give_up(self, attempt: RetryCallState) -> None:
        if not (self.stopping.is_set() or self._was_connected) and attempt.outcome is not None:
            raise CannotStart(
                f"nobody answers at {self._peer} after {self.settings.start_timeout_seconds:g} s: "
                f"{attempt.outcome.exception()}. Start the feed, or correct SOCKET_HOST and SOCKET_PORT."
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
                if self.settings.available_now and time.monotonic() - self._heard_at >= self.settings.idle_seconds:
                    break
                continue
            except OSError as error:
                why = f"the connection broke: {error}"
                break
            if not block:
                why = None if self.settings.available_now else "the peer closed the connection"
                break
            self._heard_at = time.monotonic()
            self.spool.append(lines.feed(block))
        self.spool.append(lines.finish())
        return why
