"""The database that the page reads: one connection for the process, found again when it was away."""

import atexit
import threading
import time
from typing import Any

import pymongo
from pymongo.database import Database

from errors import CannotStart
from ledger.database import connect, reach
from monitoring.log_lines import redacted
from runtime.embedded import EmbeddedServer
from settings import Storage

ANSWER_SECONDS = 2.0
_WHAT_TO_DO = (
    "Start it, or correct CASESTREAM_MONGODB_URI (or the settings file) and start the dashboard again. "
    "Nothing is lost meanwhile: jobs wait for their database and go on."
)


class Connection:
    """What these settings name; without a URI the embedded server of the working folder, shared with the jobs there.

    That server is joined at the first use and left when the process ends. Viewers may ask from several threads.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._server = EmbeddedServer() if storage.mongodb_uri is None else None
        self._database: Database[dict[str, Any]] | None = None
        self._turn = threading.Lock()
        self._asked_again_at = 0.0
        self._why = ""
        if self._server:
            atexit.register(self._server.stop)

    def database(self) -> Database[dict[str, Any]]:
        """The database, which has answered just now. Raises CannotStart with what to do where it does not, or refuses.

        Of many viewers who ask while it is away only one waits for it, `ANSWER_SECONDS` at most.
        """
        with self._turn:
            if time.monotonic() < self._asked_again_at:
                raise CannotStart(self._why)
            try:
                return self._reached()
            except CannotStart as error:
                self._why = self.without_secrets(str(error))
                self._asked_again_at = time.monotonic() + ANSWER_SECONDS
                raise CannotStart(self._why) from error

    def without_secrets(self, text: str) -> str:
        """The text, fit to be shown: each secret of the settings is `***`."""
        return redacted(text, self._storage.secrets())

    def _reached(self) -> Database[dict[str, Any]]:
        database = self._connected() if self._database is None else self._database
        with pymongo.timeout(ANSWER_SECONDS):
            why = reach(database)
        if why is not None:
            self._forget(database)
            raise CannotStart(f"MongoDB cannot be reached: {why}. {_WHAT_TO_DO}")
        self._database = database
        return database

    def _connected(self) -> Database[dict[str, Any]]:
        given = self._storage.mongodb_uri
        uri = self._server.start() if self._server else given.get_secret_value() if given else ""
        return connect(uri, self._storage.database, self._storage.mongodb_ca_file)

    def _forget(self, database: Database[dict[str, Any]]) -> None:
        """The embedded server may come back at another address; any other one is found again by the client itself."""
        if self._server:
            self._database = None
            database.client.close()
