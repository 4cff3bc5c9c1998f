"""A TCP peer that goes on sending numbered lines, whatever happens to those who listen."""

import select
import socket
import threading
from types import TracebackType
from typing import Self

_EVERY_SECONDS = 0.02
_SEND_SECONDS = 120


class SteadyFeed:
    """`with SteadyFeed() as feed: …`; one client, some fifty lines a second. `sent` are those handed to the network."""

    def __init__(self, padding: int = 0) -> None:
        """padding: bytes that make each line longer."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = str(self._listener.getsockname()[1])
        self.sent: list[str] = []
        self._padding = "." * padding
        self._stopping = threading.Event()
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.failure: OSError | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        if self._client is not None:
            self._client.close()

    def is_waiting(self, seconds: float) -> bool:
        """Whether the network takes nothing for so long: who listens does not read."""
        assert self._client is not None
        return not select.select([], [self._client], [], seconds)[1]

    def send_on(self, seconds: float) -> None:
        """Return when the lines of so many seconds more were sent."""
        until = len(self.sent) + round(seconds / _EVERY_SECONDS)
        while len(self.sent) < until:
            assert self.failure is None
            self._stopping.wait(_EVERY_SECONDS)

    def stop(self) -> list[str]:
        """Send no more, stay connected; every line that was sent."""
        self._stopping.set()
        self._thread.join(_SEND_SECONDS)
        assert not self._thread.is_alive()
        assert self.failure is None
        return self.sent

    def _run(self) -> None:
        try:
            self._client, _ = self._listener.accept()
            self._client.settimeout(_SEND_SECONDS)
            while not self._stopping.wait(_EVERY_SECONDS):
                line = f"post {len(self.sent)}{self._padding}"
                self._client.sendall(line.encode() + b"\n")
                self.sent.append(line)
        except OSError as failure:
            self.failure = failure
