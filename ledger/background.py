"""Small writes that must not hold anything up: a thread makes them, again until the database takes them."""

import logging
import threading
from abc import ABC, abstractmethod

from pymongo.errors import PyMongoError

log = logging.getLogger(__name__)


class WrittenInBackground(ABC):
    """What is kept in memory first, and written every so many seconds; a database that is away costs nothing."""

    def __init__(self, name: str, seconds: float) -> None:
        self._name = name
        self._seconds = seconds
        self._is_away = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._save_on, name=name, daemon=True)

    def start(self) -> None:
        """Write from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is left, if the database is there."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self.save()

    def save(self) -> bool:
        """Write what is not written yet; False where the database does not take it: it stays for the next time."""
        try:
            self.write_unsaved()
        except PyMongoError as error:
            if not self._is_away:
                log.warning("not written yet, MongoDB is away collection=%s error=%r", self._name, str(error))
            self._is_away = True
            return False
        if self._is_away:
            log.warning("written again, MongoDB is back collection=%s", self._name)
        self._is_away = False
        return True

    @abstractmethod
    def write_unsaved(self) -> None:
        """Write what is not written yet. Raises pymongo's errors."""

    def _save_on(self) -> None:
        while not self._stopping.wait(self._seconds):
            self.save()
