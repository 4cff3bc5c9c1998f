"""The MongoDB of the tests: a real one where CASESTREAM_TEST_MONGODB_URI names it, else the embedded server."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.embedded import EmbeddedServer
from runtime.server_process import ServerProcess
from tests.servers.guard import dismiss, guard

VARIABLE = "CASESTREAM_TEST_MONGODB_URI"


@contextmanager
def mongodb(folder: Path) -> Iterator[str]:
    """The URI of a running server; its data are in the folder. The embedded one is killed when this process is gone."""
    if VARIABLE in os.environ:
        yield os.environ[VARIABLE]
        return
    with EmbeddedServer(folder) as server:
        uri = server.start()
        running = ServerProcess.read(folder)
        assert running is not None
        guardian = guard(running.pid)
        try:
            yield uri
        finally:
            dismiss(guardian)
