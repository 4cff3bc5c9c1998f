"""`removals`: what the feed asks to go, written by each batch beside its documents (`sinks.documents`).

{ _id: "<query id>:<origin>", job, source, batch_id, post_id, kind: "deleted" | "edited" | "author", origin,
  received_at, done_at: Date | null, due_at: Date }

`post_id` of the kind "author" is the author's id: all posts that came before go.

An entry is due at once. When it is done, it is looked for again: a post may come later than its deletion, over another
partition or connection. Each time as long after as it is old by then, so that a post which came n seconds late is there
for some n seconds. After `within_seconds` the entry goes, and with it the id: what comes later than that stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Any

from pymongo import ASCENDING, DeleteMany, UpdateMany
from pymongo.database import Database

from clock import Clock
from forgotten import copied_id
from ledger.removal import Post
from micro_batch import BatchId, ids_below, query_of

TOLD = ("id", "author", "kind", "refers_to", "edit_of", "origin", "received_at")
"""The fields of a post that `Asked.takes` goes by."""

_FIRST_SECONDS = 20
_LATEST_UNDONE = timedelta(minutes=1)
"""Due no later than that is what was never done: `_FIRST_SECONDS` at most, and as much as two clocks may differ."""


@dataclass(frozen=True)
class Asked:
    """Some entries of `removals`, first the oldest."""

    entries: Sequence[Mapping[str, Any]]

    @cached_property
    def deleted(self) -> frozenset[str]:
        """The ids of posts that go, with what has their text."""
        return frozenset(entry["post_id"] for entry in self.entries if entry["kind"] == "deleted")

    @cached_property
    def edited(self) -> Mapping[str, list[Mapping[str, Any]]]:
        """The edits by the id whose earlier versions go."""
        return self._by_name("edited")

    @cached_property
    def authors(self) -> Mapping[str, list[Mapping[str, Any]]]:
        """Who is gone, by the id of the author whose earlier posts go."""
        return self._by_name("author")

    def takes(self, post: Post) -> bool:
        """Whether a post goes.

        Deleted, a copy of what is deleted (`forgotten.copied_id`), an earlier version, or of an author who went later.
        """
        if not isinstance(post.get("origin"), str):
            return False  # a hand has changed it: nobody could say which of the document's posts it is
        if post.get("id") in self.deleted or copied_id(post) in self.deleted:
            return True
        versions = (post.get("id"), post.get("edit_of"))
        later = [event for name in versions if name for event in self.edited.get(name, ())]
        later += self.authors.get(post.get("author") or "", ())
        return any(is_earlier(post, event) for event in later)

    def _by_name(self, kind: str) -> Mapping[str, list[Mapping[str, Any]]]:
        found: dict[str, list[Mapping[str, Any]]] = {}
        for entry in self.entries:
            if entry["kind"] == kind:
                found.setdefault(entry["post_id"], []).append(entry)
        return found


def is_earlier(event: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether an event came before another one: by its place in the same partition or segment, else by its time.

    Of both `received_at` and `origin`; a producer's clock may go back, an offset does not.
    """
    (place, number), (other_place, other_number) = _place(event["origin"]), _place(other["origin"])
    if place == other_place:
        return number < other_number
    return bool((event["received_at"], event["origin"]) < (other["received_at"], other["origin"]))


def _place(origin: str) -> tuple[str, int]:
    """Partition and offset of "topic/partition/offset", segment and line of "segment:line"."""
    place, _, number = origin.replace("/", ":").rpartition(":")
    return (place, int(number)) if number.isdecimal() else (origin, 0)


class RemovalLog:
    """Those of one job. Raises pymongo's errors."""

    def __init__(self, database: Database[dict[str, Any]], job: str, within_seconds: float, clock: Clock) -> None:
        self._removals = database["removals"]
        self._batches = database["batches"]
        self._job = job
        self._within = timedelta(seconds=within_seconds)
        self._clock = clock

    def is_any_left(self) -> bool:
        """Whether there is one that was never done."""
        return self._removals.find_one({"job": self._job, "done_at": None}, {"_id": 1}) is not None

    def due(self, most: int) -> Asked:
        """The first that are due now, of batches that are committed."""
        wanted: dict[str, Any] = {"job": self._job, "due_at": {"$lte": self._clock.now()}}
        if self._removals.find_one(wanted, {"_id": 1}) is None:
            return Asked(())
        planned = self._batches.find({"job": self._job, "state": "planned"}, {"query_id": 1, "batch_id": 1})
        others = [{"batch_id": each["batch_id"], "_id": ids_below(each["query_id"])} for each in planned]
        if others:
            wanted["$nor"] = others
        found = list(self._removals.find(wanted, sort=[("due_at", ASCENDING)], limit=most))
        batches = {_batch_of(entry) for entry in found}
        # A batch may have been planned since, and have written some of these.
        those = {"_id": {"$in": sorted(batches)}, "state": "committed"}
        committed = {entry["_id"] for entry in self._batches.find(those, {"_id": 1})}
        return Asked([entry for entry in found if _batch_of(entry) in committed])

    def looked_for(self, asked: Asked) -> None:
        """All that is stored of these is gone: say so, and when they are due again; of the old ones nothing is kept."""
        now = self._clock.now()
        changes: list[UpdateMany | DeleteMany] = []
        by_time = sorted(asked.entries, key=lambda entry: entry["done_at"] or now)
        for done_at, entries in groupby(by_time, key=lambda entry: entry["done_at"] or now):
            those = {"_id": {"$in": [entry["_id"] for entry in entries]}}
            due_at = self._due_again(done_at, now)
            if due_at is None:
                changes.append(DeleteMany(those))
            else:
                changes.append(UpdateMany(those, {"$set": {"done_at": done_at, "due_at": due_at}}))
        if changes:
            self._removals.bulk_write(changes)

    def postpone(self, asked: Asked) -> None:
        """Something of these is in other hands: they are due a little later, and hold up no others."""
        those = {"_id": {"$in": [entry["_id"] for entry in asked.entries]}}
        due_at = self._clock.now() + timedelta(seconds=_FIRST_SECONDS)
        self._removals.update_many(those, {"$set": {"due_at": due_at}})

    def _due_again(self, done_at: datetime, now: datetime) -> datetime | None:
        age = now - done_at
        if age >= self._within:
            return None
        return min(now + max(age, timedelta(seconds=_FIRST_SECONDS)), done_at + self._within)


def number_left(database: Database[dict[str, Any]], job: str, now: datetime, most: int) -> int:
    """How many entries of the job were never done, those that are postponed too; counted up to that number.

    Raises pymongo's errors.
    """
    soon = now + _LATEST_UNDONE  # a bound for the index alone: what is done is due again later, and is not read
    return database["removals"].count_documents({"job": job, "due_at": {"$lte": soon}, "done_at": None}, limit=most)


def _batch_of(entry: Mapping[str, Any]) -> str:
    return str(BatchId(query_of(entry["_id"]), entry["batch_id"]))
