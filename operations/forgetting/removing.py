"""Everything that a forgetting does, in its order: the hashes first, so that nothing comes back behind it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from clock import Clock
from ledger.dead_letters import forget_letters
from ledger.forgotten import ForgottenLog
from ledger.removal import FORGET, Removal
from micro_batch import batch_of_document
from operations.forgetting.borrowing import borrowed
from operations.forgetting.documents import Hit, note
from operations.forgetting.scan import Found, Scan, Scope
from operations.forgetting.settling import Settling
from operations.forgetting.targets import Targets
from operations.integrity.stored import Documents
from sinks import fingerprint

_IDS_AT_ONCE = 1_000
_PATIENCE_SECONDS = 5  # with a job that removes what its feed deletes: milliseconds a document


class Forgetting:
    """One command's work. fence raises LeaseLost where another command of this kind has taken over.

    Killed anywhere, the same command again does what is left: hashes are added twice to no effect, what is removed is
    not found again, and `Removal.finish` ends the one document that was in hand.
    """

    def __init__(
        self,
        database: Documents,
        scope: Scope,
        scan: Scan,
        clock: Clock,
        fence: Callable[[], None],
        say: Callable[[str], None],
    ) -> None:
        self._database = database
        self._scope = scope
        self._scan = scan
        self._clock = clock
        self.forgotten = ForgottenLog(database, clock)
        self._removal = Removal(database, FORGET, fingerprint.without, clock, fence, _PATIENCE_SECONDS)
        self._say = say
        self._originals: set[str] = set()
        self._settlings = {
            job: Settling(database, job, clock, self._removal, self.forgotten, say) for job in scope.jobs
        }

    def begin(self, targets: Targets) -> Targets:
        """From now on no batch stores them; the targets with the posts of their authors."""
        if ended := self._removal.finish() + self._finish_of_jobs():
            self._say(f"{ended} document in which a killed command, or job, had stopped")
        targets = replace(targets, earlier=self.forgotten.known())
        self.forgotten.add(targets.hashes())
        targets = self._scan.with_posts_of_authors(targets)
        self.forgotten.add(targets.hashes())
        return targets

    def run(self, targets: Targets) -> Iterator[tuple[str, Found]]:
        """Remove them, job by job; targets: what `begin` made of them."""
        for settling in self._settlings.values():
            settling.note()
        of_jobs = {job: self._of_job(job, targets) for job in self._scope.jobs}
        if versions := self._originals - targets.posts:  # what was reposted of these nobody has looked for yet
            targets = targets.also(frozenset(versions))
            of_jobs = {job: found.with_those(self._of_job(job, targets)) for job, found in of_jobs.items()}
        for settling in self._settlings.values():
            settling.note()  # a dead letter's hash was added just now
        for job, found in of_jobs.items():
            found = found.with_those(self._settlings[job].settle(targets))
            self._forget_asked(job, targets)
            yield job, found

    def _finish_of_jobs(self) -> int:
        """What a job has announced is its own to end, while it runs."""
        batches, ended = self._database["batches"], 0
        for job in batches.distinct("forgetting.by", {"forgetting.document": {"$gt": ""}}):
            if job != FORGET:
                with borrowed(self._database, job, job, self._clock) as lease:
                    ended += 0 if lease is None else self._removal.finish(job)
        return ended

    def _forget_asked(self, job: str, targets: Targets) -> None:
        """What the feed has asked to go names it too. Of what is to be found yet, only where all was looked through."""
        is_all = self._scope.begin is None and self._scope.end is None
        of_job: dict[str, Any] = {"job": job} if is_all else {"job": job, "done_at": {"$ne": None}}
        for kind, names in (({"$ne": "author"}, sorted(targets.posts)), ("author", sorted(targets.authors))):
            for first in range(0, len(names), _IDS_AT_ONCE):
                those = {"kind": kind, "post_id": {"$in": names[first : first + _IDS_AT_ONCE]}}
                self._database["removals"].delete_many({**of_job, **those})

    def _of_job(self, job: str, targets: Targets) -> Found:
        found = Found()
        for _, documents, letters in self._scan.of_job(job, targets):
            note(documents, targets, self.forgotten)
            self._originals.update(*(hit.originals for hit in documents))
            for hit in documents:
                posts = self._remove(hit, targets)
                found.posts, found.documents = found.posts + posts, found.documents + (posts > 0)
            forget_letters(self._database, letters, self.forgotten)
            found.letters += len(letters)
        return found

    def _remove(self, hit: Hit, targets: Targets) -> int:
        """None of what a batch holds that is planned: `Settling` looks at these."""
        entry = self._database["batches"].find_one({"_id": batch_of_document(hit.document)}, {"state": 1})
        if entry is None:
            return self._removal.of_uncommitted(hit.document, targets.takes)
        return self._removal.of_committed(hit.document, targets.takes) if entry["state"] == "committed" else 0
