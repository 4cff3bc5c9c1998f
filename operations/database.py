"""The database that an operator's command speaks to."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo.database import Database

from errors import CannotStart
from ledger.database import connect, reach
from runtime.embedded import EmbeddedServer
from settings import Storage


@contextmanager
def opened(storage: Storage) -> Iterator[Database[dict[str, Any]]]:
    """The database of these settings; without a URI the embedded server's, which is started where it does not run.

    Raises CannotStart where it cannot be reached.
    """
    with opened_with_uri(storage) as (database, _uri):
        yield database


@contextmanager
def opened_with_uri(storage: Storage) -> Iterator[tuple[Database[dict[str, Any]], str]]:
    """The same, with the address that it has, for Spark."""
    server = EmbeddedServer() if storage.mongodb_uri is None else None
    uri = server.start() if server else storage.mongodb_uri.get_secret_value() if storage.mongodb_uri else ""
    try:
        database = connect(uri, storage.database, storage.mongodb_ca_file)
        if (why := reach(database)) is not None:
            raise CannotStart(f"MongoDB cannot be reached: {why}")
        with database.client:
            yield database, uri
    finally:
        if server:
            server.stop()
