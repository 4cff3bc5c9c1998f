"""Lines to one TCP client after the other, and what can go wrong with a connection."""

import select
import socket
import struct
from contextlib import suppress

from tests.integration.crash_events import Event, of_lines
from tests.soak.feed import Acts, Faults, Feed

_LOOK_SECONDS = 0.1
_RESET = struct.pack("ii", 1, 0)
_BYTE_SECONDS = 0.005


class TcpFeed(Feed):
    """What is sent while nobody listens is not sent: the feed waits for a client."""

    source = "socket"

    def __init__(self, events_per_second: float) -> None:
        super().__init__(events_per_second)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._address = self._listener.getsockname()
        self.settings = {"socket_port": str(self._address[1])}
        self._acts: Acts[socket.socket] = Acts()
        self._client: socket.socket | None = None

    def event(self, number: int) -> Event:
        """See `Feed`."""
        return of_lines(number)

    def faults(self) -> Faults:
        """See `Feed`."""
        return {
            "the TCP feed drops in a line": self.drop_in_a_line,
            "the TCP feed resets": self.reset,
            "the TCP feed is silent in a line": self.be_silent,
            "the TCP feed trickles": self.trickle,
            "the TCP feed is away": self.go_away,
        }

    def close(self) -> None:
        """See `Feed`."""
        self._listener.close()
        if self._client is not None:
            self._client.close()

    def drop_in_a_line(self) -> str:
        """Close in order behind half a line, which is an event of its own."""
        return self._acts.have_done(self._drop)

    def reset(self) -> str:
        """Break off; what the client has not read is lost to it."""
        return self._acts.have_done(self._reset)

    def be_silent(self) -> str:
        """Say nothing for a while in the middle of a line."""
        return self._acts.have_done(self._silence)

    def trickle(self) -> str:
        """Some lines, a byte at a time."""
        return self._acts.have_done(self._trickle)

    def go_away(self) -> str:
        """Hang up; nobody answers at the address for a while."""
        return self._acts.have_done(self._go_away)

    def run(self) -> None:
        """See `Feed`."""
        while not self._stopping.is_set():
            if select.select([self._listener], [], [], _LOOK_SECONDS)[0]:
                self._client, _ = self._listener.accept()
                self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with suppress(ConnectionError):
                    self._serve(self._client)

    def _serve(self, client: socket.socket) -> None:
        while not self.pause():
            self._acts.do_what_is_wanted(client)
            if client.fileno() < 0:
                return
            self._send(client, self.next_event().sent + b"\n")

    def _send(self, client: socket.socket, data: bytes) -> None:
        """All of it, as slowly as the client likes. Raises ConnectionError: the client is gone, or the feed stops."""
        while data:
            if select.select([], [client], [], _LOOK_SECONDS)[1]:
                data = data[client.send(data) :]
            elif self._stopping.is_set():
                raise ConnectionError("the feed stops while its client does not read")

    def _drop(self, client: socket.socket) -> str:
        half = self._text("half of a line").sent
        self._send(client, half)
        client.close()
        return f"closed behind {len(half)} bytes of a line"

    def _text(self, what: str) -> Event:
        self._number += 1
        text = f"{self._number}: {what}"
        return self.noted(Event(text.encode(), text))

    def _reset(self, client: socket.socket) -> str:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        client.close()
        return "reset"

    def _silence(self, client: socket.socket) -> str:
        line = self.next_event().sent + b"\n"
        self._send(client, line[:9])
        self._stopping.wait(8)
        self._send(client, line[9:])
        return "silent for 8 s in the middle of a line"

    def _trickle(self, client: socket.socket) -> str:
        lines = b"".join(self._text("a line that trickles").sent + b"\n" for _ in range(20))
        for byte in lines:
            self._send(client, bytes([byte]))
            self._stopping.wait(_BYTE_SECONDS)
        return f"{len(lines)} bytes, one at a time"

    def _go_away(self, client: socket.socket) -> str:
        client.close()
        self._listener.close()
        self._stopping.wait(5)
        self._listener = socket.create_server(self._address)
        return "nobody listened for 5 s"
