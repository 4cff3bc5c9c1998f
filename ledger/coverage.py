"""`coverage`: every time in which a push feed was not heard.

{ _id: "<job>:<from, ms>", job, source, from, to | null, cause, recovered: "lost" | "backfilled" }

A gap of which the feed repeated only the end is two entries.
"""

import logging
import threading
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database
from pymongo.errors import PyMongoError

from clock import Clock

log = logging.getLogger(__name__)

_SAVE_SECONDS = 1


class CoverageLog:
    """One job's gaps. A database that is away costs nothing: gaps are written by a thread, again until it works."""

    def __init__(self, database: Database[dict[str, Any]], job: str, source: str, clock: Clock) -> None:
        self._coverage = database["coverage"]
        self._job = job
        self._source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[str, Any] | None = None
        self._unsaved: dict[str, dict[str, Any]] = {}
        self._is_away = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._save_on, name="coverage", daemon=True)

    def adopt(self) -> None:
        """Take over the gap that a former run of the job left open; call it first. Raises pymongo's errors."""
        left = self._coverage.find_one({"job": self._job, "source": self._source, "to": None}, sort=[("from", 1)])
        with self._lock:
            self._open = self._open or left

    def start(self) -> None:
        """Write from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is left, if the database is there."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self.save()

    def open_gap(self, cause: str, since: datetime | None = None) -> None:
        """The feed is not heard since then, or from now on; nothing happens where a gap is open already."""
        with self._lock:
            if self._open is not None:
                return
            self._open = self._gap(since or self._clock.now(), cause)
            self._keep(self._open)

    def close_gap(self, backfilled_seconds: float = 0) -> None:
        """The feed is heard again, and repeats what it said in so many seconds before."""
        with self._lock:
            if self._open is None:
                return
            now = self._clock.now()
            heard_from = now - timedelta(seconds=backfilled_seconds)
            repeated = self._open
            if self._open["from"] < heard_from:
                self._keep({**self._open, "to": heard_from})
                repeated = self._gap(heard_from, self._open["cause"])
            if repeated is self._open or repeated["from"] < now:
                self._keep({**repeated, "to": now, "recovered": "backfilled" if backfilled_seconds else "lost"})
            self._open = None

    def gap_seconds(self) -> float:
        """How long the feed has not been heard; 0 while it is."""
        with self._lock:
            return 0 if self._open is None else (self._clock.now() - self._open["from"]).total_seconds()

    def save(self) -> bool:
        """Write what is not written yet; False where the database does not take it: it stays for the next time."""
        with self._lock:
            unsaved = list(self._unsaved.values())
        for gap in unsaved:
            try:
                self._coverage.replace_one({"_id": gap["_id"]}, gap, upsert=True)
            except PyMongoError as error:
                if not self._is_away:
                    log.warning("gap not written yet, MongoDB is away error=%r", str(error))
                self._is_away = True
                return False
            self._is_away = False
            with self._lock:
                if self._unsaved.get(gap["_id"]) is gap:
                    del self._unsaved[gap["_id"]]
        return True

    def _gap(self, begin: datetime, cause: str) -> dict[str, Any]:
        return {
            "_id": f"{self._job}:{round(begin.timestamp() * 1000)}",
            "job": self._job,
            "source": self._source,
            "from": begin,
            "to": None,
            "cause": cause,
            "recovered": "lost",
        }

    def _keep(self, gap: dict[str, Any]) -> None:
        self._unsaved[gap["_id"]] = gap

    def _save_on(self) -> None:
        while not self._stopping.wait(_SAVE_SECONDS):
            self.save()
