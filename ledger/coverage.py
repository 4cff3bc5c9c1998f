"""`coverage`: every time in which a push feed was not heard.

{ _id: "<job>:<from, ms>", job, source, from, to | null, cause, recovered: "lost" | "backfilled" }

A gap of which the feed repeated only the end is two entries.
"""

import threading
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from clock import Clock
from ledger.background import WrittenInBackground

_SAVE_SECONDS = 1


class CoverageLog(WrittenInBackground):
    """One job's gaps, written by a thread: a database that is away costs nothing."""

    def __init__(self, database: Database[dict[str, Any]], job: str, source: str, clock: Clock) -> None:
        super().__init__("coverage", _SAVE_SECONDS)
        self._coverage = database["coverage"]
        self._job = job
        self._source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[str, Any] | None = None
        self._unsaved: dict[str, dict[str, Any]] = {}

    def adopt(self) -> None:
        """Take over the gap that a former run of the job left open; call it first. Raises pymongo's errors."""
        left = self._coverage.find_one({"job": self._job, "source": self._source, "to": None}, sort=[("from", 1)])
        with self._lock:
            self._open = self._open or left

    def open_gap(self, cause: str, since: datetime | None = None) -> None:
        """The feed is not heard since then, or from now on; nothing happens where a gap is open already."""
        with self._lock:
            if self._open is not None:
                return
            self._open = self._gap(since or self._clock.now(), cause)
            self._keep(self._open)

    def close_gap(self, backfilled_seconds: float = 0, at: datetime | None = None) -> None:
        """The feed is heard again, since then or now, and repeats what it said in so many seconds before."""
        with self._lock:
            if self._open is None:
                return
            now = max(at or self._clock.now(), self._open["from"])
            heard_from = now - timedelta(seconds=backfilled_seconds)
            repeated = self._open
            if self._open["from"] < heard_from:
                self._keep({**self._open, "to": heard_from})
                repeated = self._gap(heard_from, self._open["cause"])
            if repeated is self._open or repeated["from"] < now:
                self._keep({**repeated, "to": now, "recovered": "backfilled" if backfilled_seconds else "lost"})
            self._open = None

    def lose_until(self, at: datetime) -> None:
        """Of the open gap, what lies before that is lost for good; the gap goes on from there."""
        with self._lock:
            if self._open is None or at <= self._open["from"]:
                return
            self._keep({**self._open, "to": at})
            self._open = self._gap(at, self._open["cause"])
            self._keep(self._open)

    def gap_seconds(self) -> float:
        """How long the feed has not been heard; 0 while it is."""
        with self._lock:
            return 0 if self._open is None else (self._clock.now() - self._open["from"]).total_seconds()

    def write_unsaved(self) -> None:
        """Write the gaps that are not written yet. Raises pymongo's errors."""
        with self._lock:
            unsaved = list(self._unsaved.values())
        for gap in unsaved:
            self._coverage.replace_one({"_id": gap["_id"]}, gap, upsert=True)
            with self._lock:
                if self._unsaved.get(gap["_id"]) is gap:
                    del self._unsaved[gap["_id"]]

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
