"""Posts out of the documents of `micro_batches`, and out of what the ledger says of their batches.

MongoDB's embedded and standalone servers know no transactions, so each document goes in three steps: the batch's entry
says what is about to go (`forgetting`: the document, its posts that go and that stay, the content hash afterwards); the
document is written without them, if it is still as it was read, or removed where nothing stays; the entry takes
over the numbers. A killed command leaves at most one such entry, and `finish` ends it: where the document was written,
by the third step, else by taking the first one back.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clock import Clock
from errors import JobError
from forgotten import of_post
from ledger.dead_letters import forget_letters
from ledger.forgotten import ForgottenLog
from micro_batch import REQUEUE
from operations.forgetting.targets import Targets
from operations.integrity.stored import Documents, Window, batch_of_document
from operations.integrity.tally import posts_of
from sinks import fingerprint

_READ = ("id", "kind", "author", "refers_to", "edit_of")
_NO_POST = (KeyError, TypeError, AttributeError)


@dataclass(frozen=True)
class Hit:
    """A document that holds posts which go: their ids, and those of them that are no reposts, but may be reposted."""

    document: str
    posts: tuple[str, ...]
    originals: tuple[str, ...]


def hits(database: Documents, job: str, window: Window, targets: Targets) -> Iterator[Hit]:
    """The documents of a window that hold such posts."""
    return _hits(database, {"job": job, "timestamp": window.times}, targets)


def hits_of_batch(database: Documents, ids: Mapping[str, str], targets: Targets) -> Iterator[Hit]:
    """The documents of one batch, by the range of their ids, that hold such posts."""
    return _hits(database, {"_id": dict(ids)}, targets)


def _hits(database: Documents, those: dict[str, Any], targets: Targets) -> Iterator[Hit]:
    # Ids only, whatever is looked for: a condition on `content` makes some servers read the whole collection.
    read = {f"content.{name}": 1 for name in _READ}
    for document in database["micro_batches"].find(those, read):
        if going := [post for post in posts_of(document) if targets.takes(post)]:
            originals = tuple(str(post["id"]) for post in going if post.get("kind") != "repost")
            yield Hit(document["_id"], tuple(str(post["id"]) for post in going), originals)


class Removal:
    """Removes posts, which `note` is told first.

    fence is called before each step, and raises LeaseLost where another command has taken over.
    """

    def __init__(self, database: Documents, forgotten: ForgottenLog, clock: Clock, fence: Callable[[], None]) -> None:
        self._database = database
        self._documents = database["micro_batches"]
        self._batches = database["batches"]
        self._forgotten = forgotten
        self._clock = clock
        self._fence = fence

    def note(self, found: Sequence[Hit], targets: Targets) -> None:
        """Before these go: an export may have no more of a repost than its id.

        All of them at once, since each time makes the jobs that run store their batches anew.
        """
        ids = {post for hit in found for post in hit.posts} - targets.posts
        self._forgotten.add(map(of_post, sorted(ids)))

    def finish(self) -> int:
        """End what a killed command has begun; how many documents it had come to."""
        begun = list(self._batches.find({"forgetting.document": {"$gt": ""}}))
        for entry in begun:
            intent = entry["forgetting"]
            document = self._documents.find_one({"_id": intent["document"]}, {"posts": 1})
            left = document["posts"] if document else 0
            if left == intent["left"] and entry.get("expired_at") is None:
                self.account(entry["_id"], intent)
            else:
                self._take_back(entry["_id"], intent)
        return len(begun)

    def of_committed(self, name: str, targets: Targets) -> int:
        """Remove such posts from a document of a committed batch; how many. Nothing where the batch has expired."""
        entry = self._batches.find_one({"_id": batch_of_document(name), "state": "committed", "expired_at": None})
        document = self._documents.find_one({"_id": name})
        if entry is None or document is None:
            return 0
        going, staying = _divided(posts_of(document), targets)
        if not going:
            return 0
        self._forget_requeued(entry, going)
        intent = self.announce(entry, document, going, staying)
        if not self.write(document, staying):
            self._take_back(entry["_id"], intent)
            raise _changed(document)
        self.account(entry["_id"], intent)
        return len(going)

    def of_uncommitted(self, name: str, targets: Targets) -> int:
        """The same for a document of no committed batch: the ledger counts none of it."""
        document = self._documents.find_one({"_id": name})
        going, staying = _divided(posts_of(document or {}), targets)
        if document is not None and going:
            self.write(document, staying)
        return len(going)

    def announce(
        self,
        entry: Mapping[str, Any],
        document: Mapping[str, Any],
        going: Sequence[dict[str, Any]],
        staying: Sequence[dict[str, Any]],
    ) -> dict[str, Any]:
        """The first step; what it wrote. Raises JobError where the entry is not as it was read."""
        total = int(entry["content_hash"], 16) - sum(map(_fingerprint, going))
        intent = {
            "document": document["_id"],
            "posts": len(going),
            "left": len(staying),
            "content_hash": fingerprint.content_hash(total),
        }
        self._fence()
        # Who stood still behind the fence must not put this in the place of what another command has announced.
        unchanged = {"_id": entry["_id"], "content_hash": entry["content_hash"], "forgetting": None}
        if self._batches.update_one(unchanged, {"$set": {"forgetting": intent}}).matched_count == 0:
            raise _changed(document)
        return intent

    def write(self, document: Mapping[str, Any], staying: Sequence[dict[str, Any]]) -> bool:
        """The second step; False where the document is not as it was read."""
        self._fence()
        unchanged = {"_id": document["_id"], "posts": document["posts"]}
        if not staying:
            return self._documents.delete_one(unchanged).deleted_count == 1
        change = {"$set": {"content": list(staying), "posts": len(staying)}}
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

    def _take_back(self, entry: str, intent: Mapping[str, Any]) -> None:
        self._fence()
        self._batches.update_one(
            {"_id": entry, "forgetting.document": intent["document"]}, {"$unset": {"forgetting": ""}}
        )

    def _forget_requeued(self, entry: Mapping[str, Any], going: Sequence[Mapping[str, Any]]) -> None:
        """A post that was a dead letter stands in that letter too, word for word."""
        if entry["query_id"] != REQUEUE:
            return
        those = {"requeue_run": entry["batch_id"], "origin": {"$in": [post.get("origin") for post in going]}}
        names = [letter["_id"] for letter in self._database["dead_letters"].find(those, {"_id": 1})]
        forget_letters(self._database, names, self._forgotten)


def _changed(document: Mapping[str, Any]) -> JobError:
    who = "by a hand, by retention or by another command"
    return JobError(f"micro_batches/{document['_id']} was changed meanwhile, {who}: run this again")


def _divided(posts: Sequence[dict[str, Any]], targets: Targets) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    going = [post for post in posts if targets.takes(post)]
    return going, [post for post in posts if not targets.takes(post)]


def _fingerprint(post: Mapping[str, Any]) -> int:
    """Nothing of a post that was damaged: `verify` says so."""
    try:
        return fingerprint.of_post(post)
    except _NO_POST:
        return 0
