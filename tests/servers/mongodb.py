"""The MongoDB of the tests: a real one where CASESTREAM_TEST_MONGODB_URI names it, else the embedded server."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.embedded import EmbeddedServer

VARIABLE = "CASESTREAM_TEST_MONGODB_URI"


@contextmanager
def mongodb(folder: Path) -> Iterator[str]:
    """The URI of a running server; its data are in the folder."""
    if VARIABLE in os.environ:
        yield os.environ[VARIABLE]
        return
    with EmbeddedServer(folder) as server:
        yield server.start()
