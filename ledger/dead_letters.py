"""`dead_letters` once more: which of them a requeue takes, and what it writes to them.

A batch writes a dead letter (`sinks.documents`) with `requeued_at: null`, and never touches it again. A requeue adds

    { requeue_run: Long         the run that holds it, or that made it a post
      requeued_at: Date | null  when it became a post of that run
      requeue_tried: { run: Long, problem }   the last run that could not make it a post, and why }

`manage.py forget` empties `raw` and `headers`: a letter whose bytes are not all there is taken by no requeue. What else
is known of it stays, and so does its part in the ledger.

A letter of `requeue_run` without `requeued_at` belongs to a run that has not ended. A run's number is the time when it
was begun, milliseconds since 1970, and its documents and its ledger entry are those of the batch `requeue:<run>`.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.database import Database

from clock import Clock
from ledger.forgotten import ForgottenLog
from micro_batch import REQUEUE, BatchId, ids_below

_MOST_LETTERS = 50_000  # of one run: what Spark holds at once
_MOST_BYTES = 250_000_000
_FORGOTTEN_AT_ONCE = 1_000
_WHOLE = {"$lte": ["$length", {"$binarySize": "$raw"}]}
_CUT = {"$gt": ["$length", {"$binarySize": "$raw"}]}


@dataclass(frozen=True)
class Selection:
    """Which dead letters: of these problems (none: of any), received since (inclusive) and until (exclusive)."""

    problems: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


def forget_letters(database: Database[dict[str, Any]], names: Sequence[str], forgotten: ForgottenLog) -> None:
    """Remove what the letters of these `_id`s hold, so that no batch that reads the events again stores them."""
    letters = database["dead_letters"]
    for first in range(0, len(names), _FORGOTTEN_AT_ONCE):
        those = {"_id": {"$in": list(names[first : first + _FORGOTTEN_AT_ONCE])}}
        forgotten.add([letter["sha256"] for letter in letters.find(those, {"sha256": 1})])
        letters.update_many(those, {"$set": {"raw": b"", "headers": None}})


class DeadLetters:
    """Those of one job. Raises pymongo's errors."""

    def __init__(self, database: Database[dict[str, Any]], job: str, clock: Clock) -> None:
        self._letters = database["dead_letters"]
        self._batches = database["batches"]
        self._job = job
        self._clock = clock

    def waiting(self, selection: Selection) -> dict[str, Any]:
        """A filter for the letters that a requeue takes: kept whole, in no run, of batches committed by now.

        It finds no more tomorrow than today, but what is requeued falls out of it.
        """
        return {**self._selected(selection), "$expr": _WHOLE}

    def cut(self, selection: Selection) -> dict[str, int]:
        """How many, by problem, cannot be requeued since only their beginning was kept."""
        found = self._letters.aggregate(
            [
                {"$match": {**self._selected(selection), "$expr": _CUT}},
                {"$group": {"_id": "$problem", "letters": {"$sum": 1}}},
            ]
        )
        return {each["_id"]: each["letters"] for each in found}

    def sources(self, chosen: Mapping[str, Any]) -> list[str]:
        """The sources whose letters that filter finds."""
        return sorted(self._letters.distinct("source", chosen))

    def mark(self, chosen: Mapping[str, Any]) -> int | None:
        """Put as many as one run can take into a new run; its number, None where there are no more."""
        last, size = None, 0
        for letter in self._letters.find(chosen, {"length": 1}, sort=[("_id", 1)], limit=_MOST_LETTERS):
            last, size = letter["_id"], size + letter["length"]
            if size >= _MOST_BYTES:
                break
        if last is None:
            return None
        run = self.next_run()
        self._letters.update_many({**chosen, "_id": {"$lte": last}}, {"$set": {"requeue_run": run}})
        return self.own(run)

    def next_run(self) -> int:
        """The number of a run that begins now."""
        last = self._batches.find_one({"_id": ids_below(REQUEUE)}, {"batch_id": 1}, sort=[("_id", -1)])
        return max(round(self._clock.now().timestamp() * 1000), last["batch_id"] + 1 if last else 0)

    def own(self, run: int) -> int:
        """The run's number, once it is no other job's: two jobs may have met in one millisecond."""
        while self._is_of_another_job(run):
            moved = self.next_run() + random.randrange(1_000)
            self._letters.update_many(self.of_run(run), {"$set": {"requeue_run": moved}})
            run = moved
        return run

    def unfinished(self) -> list[int]:
        """The runs that have not ended, first the oldest."""
        begun = self._letters.distinct(
            "requeue_run", {"job": self._job, "requeue_run": {"$gt": 0}, "requeued_at": None}
        )
        return sorted(begun)

    def of_run(self, run: int) -> dict[str, Any]:
        """A filter for the letters that the run holds until it ends."""
        return {"job": self._job, "requeue_run": run, "requeued_at": None}

    def forget_tries(self, run: int) -> None:
        """What an attempt at this run found no post, another one may make a post of."""
        self._letters.update_many({**self.of_run(run), "requeue_tried.run": run}, {"$unset": {"requeue_tried": ""}})

    def finish(self, run: int) -> int:
        """All is stored: let go of those that are no posts still, and call the others requeued; how many are none."""
        held = self.of_run(run)  # in this order, for a resume
        tried = self._letters.update_many({**held, "requeue_tried.run": run}, {"$unset": {"requeue_run": ""}})
        self._letters.update_many(held, {"$set": {"requeued_at": self._clock.now()}})
        return tried.modified_count

    def batches_of(self, run: int) -> list[dict[str, Any]]:
        """total_case_count and case_count of the batches in which the run's letters first stood, first the oldest."""
        fields = {"total_case_count": 1, "case_count": 1, "timestamp": 1}
        found: list[dict[str, Any]] = []
        for query in self._batches.distinct("query_id", {"job": self._job, "query_id": {"$ne": REQUEUE}}):
            numbers = self._letters.distinct("batch_id", {**self.of_run(run), "_id": ids_below(query)})
            found += self._batches.find({"_id": {"$in": [str(BatchId(query, number)) for number in numbers]}}, fields)
        return sorted(found, key=lambda batch: batch["timestamp"])

    def _selected(self, selection: Selection) -> dict[str, Any]:
        chosen: dict[str, Any] = {"job": self._job, "requeued_at": None, "requeue_run": None, "$or": self._committed()}
        if selection.problems:
            chosen["problem"] = {"$in": list(selection.problems)}
        times = {"$gte": selection.since, "$lt": selection.until}
        if received := {operator: time for operator, time in times.items() if time is not None}:
            chosen["received_at"] = received
        return chosen

    def _committed(self) -> list[dict[str, Any]]:
        """Letters of each query's committed batches: the first ones, as the last may be planned only."""
        last = self._batches.aggregate(
            [
                {"$match": {"job": self._job, "state": "committed", "query_id": {"$ne": REQUEUE}}},
                {"$group": {"_id": "$query_id", "number": {"$max": "$batch_id"}}},
            ]
        )
        return [{"_id": ids_below(each["_id"]), "batch_id": {"$lte": each["number"]}} for each in last] or [
            {"_id": None}
        ]

    def _is_of_another_job(self, run: int) -> bool:
        entry = self._batches.find_one({"_id": str(BatchId(REQUEUE, run))}, {"job": 1})
        if entry is not None:
            return bool(entry["job"] != self._job)
        return self._letters.find_one({"requeue_run": run, "job": {"$ne": self._job}}, {"_id": 1}) is not None
