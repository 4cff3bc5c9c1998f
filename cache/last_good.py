"""The last good case count of each provider, kept over restarts."""

import logging
from datetime import UTC, datetime
from typing import Any

import pymongo
from bson import Int64
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from pymongo.database import Database
from pymongo.errors import PyMongoError

from case_count import Reading, Standing

log = logging.getLogger(__name__)

COLLECTION = "case_counts"


class LastGood:
    """Memory first; behind it the collection `case_counts`: { _id: key, value, as_of, fetched_at, since, before }.

    See `CountProvider.key` and `Standing`. A document of an earlier version has no since and before: its number is
    known since it was fetched, and followed none. The collection is read only while memory is empty and written at
    each put. While the database is away memory serves, one warning is logged, and the next put that succeeds makes good
    what was missed: nothing of it is raised. Each use of the database takes `timeout_seconds` at most
    (https://pymongo.readthedocs.io/en/4.15.0/api/pymongo/index.html#pymongo.timeout). Times are aware, UTC. Safe for
    one thread that puts and others that get.
    """

    def __init__(self, database: Database[dict[str, Any]], *, timeout_seconds: float = 1.0) -> None:
        options = CodecOptions[dict[str, Any]](tz_aware=True, tzinfo=UTC)
        self._documents = database.get_collection(COLLECTION, codec_options=options)
        self._timeout_seconds = timeout_seconds
        self._memory: dict[str, Standing] = {}
        self._away = False

    def get(self, key: str) -> Standing | None:
        """What was last put under this key, by this process or an earlier one; None where none is known."""
        if key not in self._memory:
            stored = self._find(key)
            if stored is None:
                return None
            # A put may have come in between, and is newer.
            self._memory.setdefault(key, stored)
        return self._memory[key]

    def put(self, key: str, standing: Standing) -> None:
        """Keep this: in memory at once, in the database if it answers."""
        self._memory[key] = standing
        document = _document(standing)
        try:
            with pymongo.timeout(self._timeout_seconds):
                self._documents.replace_one({"_id": key}, document, upsert=True)
        except PyMongoError as error:
            self._note_away(error)
        else:
            self._note_back()

    def _find(self, key: str) -> Standing | None:
        try:
            with pymongo.timeout(self._timeout_seconds):
                document = self._documents.find_one({"_id": key})
        except (PyMongoError, BSONError) as error:
            self._note_away(error)
            return None
        self._note_back()
        return None if document is None else _standing(document)

    def _note_away(self, error: Exception) -> None:
        if not self._away:
            self._away = True
            log.warning("last good case count is in memory only collection=%s reason=%r", COLLECTION, str(error)[:200])

    def _note_back(self) -> None:
        if self._away:
            self._away = False
            log.info("last good case count is stored again collection=%s", COLLECTION)


def _document(standing: Standing) -> dict[str, Any]:
    reading, before = standing.reading, standing.before
    return {
        "value": Int64(reading.value),
        "as_of": reading.as_of,
        "fetched_at": reading.fetched_at,
        "since": standing.since,
        "before": None if before is None else Int64(before),
    }


def _standing(document: dict[str, Any]) -> Standing | None:
    value, as_of, fetched_at = (document.get(name) for name in ("value", "as_of", "fetched_at"))
    if not (isinstance(value, int) and value >= 0 and isinstance(fetched_at, datetime)):
        log.warning("last good case count is damaged collection=%s document=%.200r", COLLECTION, document)
        return None
    reading = Reading(int(value), as_of if isinstance(as_of, datetime) else None, fetched_at)
    since, before = document.get("since"), document.get("before")
    return Standing(
        reading,
        since if isinstance(since, datetime) else fetched_at,
        int(before) if isinstance(before, int) and before >= 0 else None,
    )
