"""`usage`: how many posts an account that is billed by the post was given, a document for each job and UTC day.

{ _id: "<account>:<day>:<job>", account, day: "2026-11-22", job, source, posts, updated_at }

account is a hash, no secret. Each job writes its own numbers only, so that writing one again changes nothing; what an
account was given is the sum.
"""

import threading
from collections import Counter
from datetime import date
from typing import Any

from pymongo.database import Database

from clock import Clock
from ledger.background import WrittenInBackground

_SAVE_SECONDS = 0.5
_SAVES_TO_A_LOOK = 20  # at what other jobs of the account have used


class UsageLog(WrittenInBackground):
    """One job's part in what its account uses, and the others'. account None: nothing is counted.

    A thread writes: a database that is away costs nothing, and a killed job forgets half a second at most.
    """

    def __init__(
        self, database: Database[dict[str, Any]], job: str, source: str, account: str | None, clock: Clock
    ) -> None:
        super().__init__("usage", _SAVE_SECONDS)
        self._usage = database["usage"]
        self._job = job
        self._source = source
        self._account = account
        self._clock = clock
        self._lock = threading.Lock()
        self._own: Counter[date] = Counter()
        self._others: Counter[date] = Counter()
        self._unsaved: set[date] = set()
        self._saves = 0

    def start(self) -> None:
        """Take over what was counted before, and write from now on. Raises pymongo's errors."""
        if self._account is not None:
            with self._lock:
                self._own = self._stored({"job": self._job})
            self._look()
            super().start()

    def add(self, posts: int) -> None:
        """Count some more, now."""
        today = self._clock.now().date()
        with self._lock:
            self._own[today] += posts
            self._unsaved.add(today)

    def posts(self, since: date) -> int:
        """Posts since that UTC day began."""
        with self._lock:
            return sum(posts for counts in (self._own, self._others) for day, posts in counts.items() if day >= since)

    def write_unsaved(self) -> None:
        """Write the days that changed, and now and then look at the other jobs' numbers. Raises pymongo's errors."""
        with self._lock:
            unsaved = {day: self._own[day] for day in self._unsaved} if self._account else {}
        for day, posts in unsaved.items():
            name = f"{self._account}:{day.isoformat()}:{self._job}"
            entry = {"account": self._account, "day": day.isoformat(), "job": self._job, "source": self._source}
            change = {"$max": {"posts": posts}, "$set": {**entry, "updated_at": self._clock.now()}}
            self._usage.update_one({"_id": name}, change, upsert=True)
        with self._lock:
            self._unsaved -= {day for day, posts in unsaved.items() if self._own[day] == posts}
        self._saves += 1
        if self._account and self._saves % _SAVES_TO_A_LOOK == 0:
            self._look()

    def _look(self) -> None:
        others = self._stored({"job": {"$ne": self._job}})
        with self._lock:
            self._others = others

    def _stored(self, whose: dict[str, Any]) -> Counter[date]:
        """Posts by day, of this month."""
        since = self._clock.now().date().replace(day=1).isoformat()
        entries = self._usage.find({"account": self._account, "day": {"$gte": since}, **whose})
        counts: Counter[date] = Counter()
        for entry in entries:
            counts[date.fromisoformat(entry["day"])] += entry["posts"]
        return counts
