"""A server that can hang up on its clients, whatever they are in the middle of."""

import socket
import socketserver
import sys
from typing import Any


class HangUpServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A thread for each connection."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as socketserver has it
        self._open: set[socket.socket] = set()
        super().__init__(*args, **kwargs)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - as socketserver has it
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as socketserver has it
        if not isinstance(sys.exception(), ConnectionError):  # a client may go whenever it likes
            super().handle_error(request, client_address)

    def end_connections(self) -> None:
        """Hang up on every client, also on those in the middle of a request."""
        for connection in tuple(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                self._open.discard(connection)
