"""Batches that are older than what is to be kept: their documents and dead letters go, their entry stays, `expired_at`.

By the time of the batch (`timestamp`), not of its posts: what was read again from an old topic is new.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pymongo.database import Database

from clock import Clock
from micro_batch import REQUEUE, BatchId, ids_below

_AT_ONCE = 100  # batches of a look
_LOOK_SECONDS, _BUSY_SECONDS = 60, 1


class Retention:
    """One job's, for the holder of its lease; fence raises LeaseLost. days: None keeps everything.

    An entry is marked before anything of it is removed. A look that was killed, or failed, is ended by the next one.
    """

    def __init__(
        self, database: Database[dict[str, Any]], job: str, days: float | None, clock: Clock, fence: Callable[[], None]
    ) -> None:
        self._database = database
        self._batches = database["batches"]
        self._job = job
        self._age = None if days is None else timedelta(days=days)
        self._clock = clock
        self._fence = fence
        self._next_look = float("-inf")
        self.failures = 0
        """How often it failed since it was last done."""
        self._is_sure = False  # that nothing is left of what was marked

    def look(self) -> int:
        """Where one is due: remove some of what has expired; how many batches. Raises LeaseLost, pymongo's errors."""
        if self._age is None or self._clock.monotonic() < self._next_look:
            return 0
        self._next_look = self._clock.monotonic() + _LOOK_SECONDS
        self.failures += 1
        if not self._is_sure:
            self._remove(self._last_marked())
        self._is_sure = False
        marked = self._mark()
        self._remove(marked)
        self._remove_endless_requeues()
        self._is_sure = True
        self.failures = 0
        if len(marked) == _AT_ONCE:
            self._next_look = self._clock.monotonic() + _BUSY_SECONDS
        return len(marked)

    def _mark(self) -> list[BatchId]:
        now = self._clock.now()
        wanted = {**self._old("committed"), "expired_at": None}
        found = list(self._batches.find(wanted, {"query_id": 1, "batch_id": 1}, limit=_AT_ONCE).sort("timestamp", 1))
        if found:
            self._fence()
            names = {"_id": {"$in": [entry["_id"] for entry in found]}}
            self._batches.update_many(names, {"$set": {"expired_at": now}})
        return _ids(found)

    def _old(self, state: str) -> dict[str, Any]:
        before = self._clock.now() - (self._age or timedelta())
        return {"job": self._job, "state": state, "timestamp": {"$lt": before}}

    def _remove_endless_requeues(self) -> None:
        """A killed one is ended from the letters that it holds, whose batches are older: these may have expired."""
        for entry in list(self._batches.find({**self._old("planned"), "query_id": REQUEUE})):
            held = {"job": self._job, "requeue_run": entry["batch_id"], "requeued_at": None}
            if self._database["dead_letters"].find_one(held, {"_id": 1}) is None:
                self._remove(_ids([entry]))
                self._batches.delete_one({"_id": entry["_id"], "state": "planned"})

    def _last_marked(self) -> list[BatchId]:
        """Those of the last look; one that was killed may have left something of them."""
        of_job = {"job": self._job, "expired_at": {"$ne": None}}
        last = self._batches.find_one(of_job, {"expired_at": 1}, sort=[("expired_at", -1)])
        if last is None:
            return []
        return _ids(list(self._batches.find({"job": self._job, "expired_at": last["expired_at"]})))

    def _remove(self, batches: list[BatchId]) -> None:
        if not batches:
            return
        self._fence()
        self._database["micro_batches"].delete_many({"$or": [{"_id": ids_below(batch)} for batch in batches]})
        for query in {batch.query_id for batch in batches}:
            numbers = [batch.number for batch in batches if batch.query_id == query]
            those = {"job": self._job, "batch_id": {"$in": numbers}, "_id": ids_below(query)}
            self._database["dead_letters"].delete_many(those)
            self._database["removals"].delete_many(those)


def _ids(entries: list[dict[str, Any]]) -> list[BatchId]:
    return [BatchId(entry["query_id"], entry["batch_id"]) for entry in entries]
