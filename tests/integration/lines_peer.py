"""A TCP peer of a test: it listens, and sends lines to whoever has connected last."""

import socket
from types import TracebackType
from typing import Self


class LinesPeer:
    """`with LinesPeer() as peer: …`; `send` waits for a client where there is none."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = str(self._listener.getsockname()[1])
        self._client: socket.socket | None = None
        self.connections = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()
        self._listener.close()

    def send(self, data: bytes) -> None:
        """These bytes, to the present client or the next one."""
        if self._client is None:
            self._client, _ = self._listener.accept()
            self.connections += 1
        self._client.sendall(data)

    def hang_up(self) -> None:
        """Close the connection in order."""
        if self._client is not None:
            self._client.close()
            self._client = None
