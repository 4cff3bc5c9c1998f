"""What was taken away on purpose: batches that have expired, posts that were forgotten. What is left of it is found."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from clock import Clock
from forgotten import holds_post
from ledger.forgotten import ForgottenLog
from micro_batch import batch_of_document
from operations.integrity import stored
from operations.integrity.findings import Kind, Report
from operations.integrity.stored import Documents, Window
from operations.integrity.tally import Tally, posts_of
from operations.integrity.unfinished import is_held

_REMOVED_WITHIN = timedelta(minutes=5)
_CHANGED_BY_A_REMOVAL = ("posts", "content_hash", "forgetting", "expired_at")


class Removed:
    """Of one job."""

    def __init__(self, database: Documents, job: str, clock: Clock, report: Report) -> None:
        self._database = database
        self._job = job
        self._clock = clock
        self._report = report
        self._forgotten = ForgottenLog(database, clock).known()

    def report_expired(self, window: Window) -> None:
        """Where something of a batch that has expired is still there: damage, unless it is about to go."""
        expired = [name for name, entry in window.entries.items() if entry.get("expired_at") is not None]
        self._report.expired += len(expired)
        if not expired:
            return
        those = {"job": self._job, "timestamp": window.times}
        for document in self._database["micro_batches"].find(those, {"posts": 1}):
            if (batch := batch_of_document(document["_id"])) in expired:
                found = f"micro_batches/{document['_id']}, {document.get('posts')} posts"
                self._report_left(window.entries[batch], found)
        for batch, letters in self._letters_of(expired, window).items():
            self._report_left(window.entries[batch], f"{letters} dead letters")

    def _report_left(self, entry: Mapping[str, Any], found: str) -> None:
        """A running job takes seconds from the mark to the end of what it removes."""
        is_new = self._clock.now() - entry["expired_at"] < _REMOVED_WITHIN
        kind = Kind.EXPIRING if is_new and is_held(self._database, self._job, self._clock) else Kind.EXPIRED
        self._report.add(kind, f"batches/{entry['_id']}", found, "nothing")

    def _letters_of(self, expired: Sequence[str], window: Window) -> Counter[str]:
        """How many of each batch are still there, of those that have some."""
        entries = {name: window.entries[name] for name in expired}
        return Counter(batch for batch, _ in stored.dead_letters(self._database, self._job, Window(entries, None)))

    def report_forgotten(self, document: Mapping[str, Any]) -> None:
        """A note where a document holds what is forgotten."""
        if not self._forgotten.hashes:
            return
        posts = sum(isinstance(each, dict) and holds_post(self._forgotten, each) for each in posts_of(document))
        if posts:
            self._report.add(Kind.FORGOTTEN, f"micro_batches/{document['_id']}", f"{posts} posts", "none of them")

    def close(self, tally: Tally) -> None:
        """Close a batch's tally, unless a removal is at the batch: what was read of it is then of two moments."""
        before = tally.entry
        entry = before if tally.agrees() else self._database["batches"].find_one({"_id": before["_id"]}) or before
        is_changed = any(entry.get(name) != before.get(name) for name in _CHANGED_BY_A_REMOVAL)
        if entry.get("expired_at") is not None:
            self._report.expired += 1
        elif is_changed or entry.get("forgetting") is not None:
            self._report.add(Kind.FORGETTING, f"batches/{before['_id']}", "a removal under way", "none, or ended")
        else:
            tally.close()
