"""The server behind a job that was given none: one `secantusd-py` per data folder, shared by all who use the folder.

SecantusDB speaks MongoDB's wire protocol. It is a beta, for trying things and for tests, and it is under the GPL: it
is never imported, always a process of its own, in a session of its own.

`python -m runtime.embedded` stops the server of the default folder if nobody uses it: after a job was killed.
"""

import fcntl
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from errors import CannotStart
from runtime.server_process import ServerProcess, free_port, launch

log = logging.getLogger(__name__)

FOLDER = Path(".data", "mongodb")
PROGRAM = Path(sys.executable).with_name("secantusd-py")
ANSWER_SECONDS = 15.0
NOT_INSTALLED = (
    "CASESTREAM_MONGODB_URI is not set, and the embedded server is not installed. Set it, or, to try things: "
    "pip install -r requirements-demo.txt"
)


class EmbeddedServer:
    """A user of the folder's server: `start` joins it, `stop` leaves it, and the last one to leave ends it.

    An acknowledged write survives the death of the server (each commit is flushed). A server that outlived its users
    is taken over; one that died is replaced, on the same port where that is free, so that its users find it again.
    Every user holds a shared lock on `users.lock`, which ends with the process, however it ends. Not thread-safe.
    """

    def __init__(
        self, folder: Path = FOLDER, *, program: Path = PROGRAM, answer_seconds: float = ANSWER_SECONDS
    ) -> None:
        """`folder`: the data, the server's log and its address; a server silent for `answer_seconds` is replaced."""
        self._folder = folder.absolute()
        self._program = program
        self._answer_seconds = answer_seconds
        self._place: IO[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> str:
        """The URI of a server that answers. Called again, it brings a dead one back.

        Raises CannotStart where `secantusd-py` is not installed, or does not start, with the end of its log; OSError
        where the folder cannot be used.
        """
        if not self._program.is_file():
            raise CannotStart(NOT_INSTALLED)
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._turn():
            server = self._running() or self._launch()
            self._place = self._place or self._take_place()
        return server.uri

    def stop(self) -> None:
        """Leave, whether started or not; end the server if nobody else uses it. Raises CannotStart where it stays."""
        if not self._folder.is_dir():
            return
        with self._turn(), self._place or self._take_place() as place:
            self._place = None
            if _is_the_only(place) and (server := ServerProcess.read(self._folder)):
                server.end()
                server.forget()
                log.info("embedded server stopped pid=%s", server.pid)

    def _running(self) -> ServerProcess | None:
        server = ServerProcess.read(self._folder)
        if server is None or not server.is_alive():
            return None
        if server.answers(self._answer_seconds):
            return server
        log.warning("the embedded server does not answer and is replaced pid=%s", server.pid)
        server.kill()
        return None

    def _launch(self) -> ServerProcess:
        former = ServerProcess.read(self._folder)
        log.warning("starting the embedded server: a beta for trying things, not for data that matter")
        server = launch(self._program, self._folder, free_port(former.port if former else 0))
        log.info("embedded server uri=%s folder=%s", server.uri, self._folder)
        return server

    def _take_place(self) -> IO[str]:
        place = (self._folder / "users.lock").open("w")
        fcntl.flock(place, fcntl.LOCK_SH)
        return place

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Starting and stopping happen one at a time, over all processes."""
        with (self._folder / "turn.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _is_the_only(place: IO[str]) -> bool:
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    EmbeddedServer().stop()
