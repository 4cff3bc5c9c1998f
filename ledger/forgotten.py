"""`forgotten`: what must not be stored again, { _id: a hash (`forgotten`), at: Date }, and nothing else of it.

`at` rises with each addition, whatever the clocks of the machines say: by the newest one a job sees that there is more.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from pymongo import DESCENDING, UpdateOne
from pymongo.database import Database

from clock import Clock
from forgotten import Forgotten

_ADDED_AT_ONCE = 1_000


class ForgottenLog:
    """All that is forgotten, in memory from the first `known` on. Raises pymongo's errors."""

    def __init__(self, database: Database[dict[str, Any]], clock: Clock) -> None:
        self._hashes = database["forgotten"]
        self._clock = clock
        self._known = Forgotten()

    def known(self) -> Forgotten:
        """All of it; read again only when something was added."""
        newest = self._newest()
        if newest != self._known.as_of:
            self._known = Forgotten(frozenset(each["_id"] for each in self._hashes.find({}, {"_id": 1})), newest)
        return self._known

    def has_grown(self, since: Forgotten) -> bool:
        """Whether more was added."""
        return self._newest() != since.as_of

    def add(self, hashes: Iterable[str]) -> None:
        """When this returns, whoever asks knows all of them; what was there keeps its time."""
        wanted = list(hashes)
        if not wanted:
            return
        at = self._later()
        for first in range(0, len(wanted), _ADDED_AT_ONCE):
            self._hashes.bulk_write(
                [
                    UpdateOne({"_id": each}, {"$setOnInsert": {"at": at}}, upsert=True)
                    for each in wanted[first : first + _ADDED_AT_ONCE]
                ],
                ordered=False,
            )
        # Who has looked between two of these writes has to see that there are more.
        self._hashes.update_one({"_id": wanted[-1]}, {"$set": {"at": self._later()}})

    def _later(self) -> datetime:
        newest = self._newest()
        return self._clock.now() if newest is None else max(self._clock.now(), newest + timedelta(milliseconds=1))

    def _newest(self) -> datetime | None:
        found = self._hashes.find_one({}, {"at": 1}, sort=[("at", DESCENDING)])
        return found["at"] if found else None
