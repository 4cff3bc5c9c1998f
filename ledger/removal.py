"""Posts out of the documents of `micro_batches`, and out of what the ledger says of their batches.

MongoDB's embedded and standalone servers know no transactions, so each document goes in three steps: the batch's entry
says what is about to go (`forgetting`: by whom, the document, its posts that go and that stay, the content hash
afterwards); the document is written without them, if it is still as it was read, or removed where nothing stays; the
entry takes over the numbers. A killed process leaves at most one such entry, and `finish` ends it: where the document
was written, by the third step, else by taking the first one back.

`manage.py forget` removes posts so, and the job itself where its feed deletes and edits (`ledger.honouring`). An entry
that one of them has announced is the other's to wait for.
"""

from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import Any

from pymongo.database import Database

from clock import Clock
from errors import ChangedMeanwhile
from ledger.dead_letters import forget_letters
from ledger.forgotten import ForgottenLog
from micro_batch import REQUEUE, batch_of_document

FORGET = "forget:all"
"""The owner of what `manage.py forget` announces, which is the name of its lease."""

_AGAIN_SECONDS = 0.2

Post = Mapping[str, Any]
Takes = Callable[[Post], bool]
"""Whether a post goes."""
Without = Callable[[str, Sequence[Post]], str]
"""A batch's content hash, and posts that go: the hash of what stays."""


class Removal:
    """Removes posts. owner: by whom, in what is announced; `finish` ends the owner's own.

    fence is called before each step, and raises LeaseLost where another process has taken over. What is in other hands
    just now is tried again for patience_seconds.
    """

    def __init__(
        self,
        database: Database[dict[str, Any]],
        owner: str,
        without: Without,
        clock: Clock,
        fence: Callable[[], None],
        patience_seconds: float = 0,
    ) -> None:
        self._database = database
        self._documents = database["micro_batches"]
        self._batches = database["batches"]
        self._owner = owner
        self._without = without
        self._forgotten = ForgottenLog(database, clock)
        self._clock = clock
        self._fence = fence
        self._patience_seconds = patience_seconds

    def finish(self, whose: str | None = None) -> int:
        """End what a killed process of that owner, or of this one, has begun; how many documents it had come to."""
        owner = whose or self._owner
        by = {"$in": [owner, None]} if owner == FORGET else owner  # an earlier version's command wrote no name
        begun = list(self._batches.find({"forgetting.document": {"$gt": ""}, "forgetting.by": by}))
        for entry in begun:
            intent = entry["forgetting"]
            document = self._documents.find_one({"_id": intent["document"]}, {"posts": 1})
            left = document["posts"] if document else 0
            if left == intent["left"] and entry.get("expired_at") is None:
                self.account(entry["_id"], intent)
            else:
                self._take_back(entry["_id"], intent)
        return len(begun)

    def of_committed(self, name: str, takes: Takes, told: Sequence[str] | None = None) -> int:
        """Remove such posts from a document of a committed batch; how many. Nothing where the batch has expired.

        told: the fields that `takes` goes by, where each post that it takes has an origin: then no more of the document
        is read and sent than that. Raises ChangedMeanwhile where entry or document are in other hands.
        """
        deadline = self._clock.monotonic() + self._patience_seconds
        while True:
            try:
                return self._of_committed(name, takes, told)
            except ChangedMeanwhile:
                if self._clock.monotonic() >= deadline:
                    raise
                self._clock.wait(Event(), _AGAIN_SECONDS)

    def of_uncommitted(self, name: str, takes: Takes) -> int:
        """The same for a document of no committed batch: the ledger counts none of it."""
        document = self._documents.find_one({"_id": name})
        going = [post for post in _content(document) if takes(post)]
        if document is not None and going:
            self.write(document, going)
        return len(going)

    def announce(self, entry: Mapping[str, Any], document: Mapping[str, Any], going: Sequence[Post]) -> dict[str, Any]:
        """The first step; what it wrote. Raises ChangedMeanwhile where the entry is not as it was read."""
        intent = {
            "by": self._owner,
            "document": document["_id"],
            "posts": len(going),
            "left": document["posts"] - len(going),
            "content_hash": self._without(entry["content_hash"], going),
        }
        self._fence()
        # Who stood still behind the fence must not put this in the place of what another one has announced.
        unchanged = {"_id": entry["_id"], "content_hash": entry["content_hash"], "forgetting": None}
        if self._batches.update_one(unchanged, {"$set": {"forgetting": intent}}).matched_count == 0:
            raise _changed(document)
        return intent

    def write(self, document: Mapping[str, Any], going: Sequence[Post]) -> bool:
        """The second step; False where the document is not as it was read."""
        self._fence()
        unchanged = {"_id": document["_id"], "posts": document["posts"]}
        if len(going) == document["posts"]:
            return self._documents.delete_one(unchanged).deleted_count == 1
        left = {"posts": document["posts"] - len(going)}
        if "content" in document:
            gone = set(map(id, going))
            staying = [post for post in document["content"] if id(post) not in gone]
            change: dict[str, Any] = {"$set": {**left, "content": staying}}
        else:
            those = {"origin": {"$in": [post["origin"] for post in going]}}
            change = {"$set": left, "$pull": {"content": those}}
        return self._documents.update_one(unchanged, change).matched_count == 1

    def account(self, entry: str, intent: Mapping[str, Any]) -> None:
        """The third step."""
        self._fence()
        self._batches.update_one(
            {"_id": entry, "forgetting.document": intent["document"]},
            {
                "$set": {"content_hash": intent["content_hash"], "forgotten_at": self._clock.now()},
                "$inc": {"posts": -intent["posts"], "forgotten": intent["posts"]},
                "$unset": {"forgetting": ""},
            },
        )

    def _of_committed(self, name: str, takes: Takes, told: Sequence[str] | None) -> int:
        batch = {"_id": batch_of_document(name), "state": "committed", "expired_at": None}
        entry = self._batches.find_one(batch)
        fields = {"posts": 1, **{f"content.{field}": 1 for field in told}} if told else None
        document = self._documents.find_one({"_id": name}, fields)
        if entry is None or document is None:
            return 0
        going = [post for post in _content(document) if takes(post)]
        if not going:
            return 0
        if told:
            del document["content"]  # it is not all there
            origins = [post["origin"] for post in going]
            if len(going := self._whole(name, origins)) != len(origins):
                raise _changed(document)
        self._forget_requeued(entry, going)
        intent = self.announce(entry, document, going)
        if not self.write(document, going):
            self._take_back(entry["_id"], intent)
            raise _changed(document)
        self.account(entry["_id"], intent)
        return len(going)

    def _whole(self, name: str, origins: Sequence[str]) -> list[dict[str, Any]]:
        """All fields of these posts of the document, for their fingerprints."""
        these = {"$filter": {"input": "$content", "as": "post", "cond": {"$in": ["$$post.origin", list(origins)]}}}
        found = self._documents.aggregate([{"$match": {"_id": name}}, {"$project": {"content": these}}])
        return _content(next(iter(found), None))

    def _take_back(self, entry: str, intent: Mapping[str, Any]) -> None:
        self._fence()
        self._batches.update_one(
            {"_id": entry, "forgetting.document": intent["document"]}, {"$unset": {"forgetting": ""}}
        )

    def _forget_requeued(self, entry: Mapping[str, Any], going: Sequence[Post]) -> None:
        """A post that was a dead letter stands in that letter too, word for word."""
        if entry["query_id"] != REQUEUE:
            return
        those = {"requeue_run": entry["batch_id"], "origin": {"$in": [post.get("origin") for post in going]}}
        names = [letter["_id"] for letter in self._database["dead_letters"].find(those, {"_id": 1})]
        forget_letters(self._database, names, self._forgotten)


def _content(document: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The document's posts; none where there is no document, or `content` is no array."""
    content = (document or {}).get("content")
    return content if isinstance(content, list) else []


def _changed(document: Mapping[str, Any]) -> ChangedMeanwhile:
    who = "by a hand, by retention, by the job or by another command"
    return ChangedMeanwhile(f"micro_batches/{document['_id']} was changed meanwhile, {who}: run this again")
