"""Everything that a forgetting does, in its order: the hashes first, so that nothing comes back behind it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from clock import Clock
from ledger.dead_letters import forget_letters
from ledger.forgotten import ForgottenLog
from operations.forgetting.documents import Hit, Removal
from operations.forgetting.scan import Found, Scan, Scope
from operations.forgetting.settling import Settling
from operations.forgetting.targets import Targets
from operations.integrity.stored import Documents, batch_of_document


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
        self.forgotten = ForgottenLog(database, clock)
        self._removal = Removal(database, self.forgotten, clock, fence)
        self._say = say
        self._originals: set[str] = set()
        self._settlings = {
            job: Settling(database, job, clock, self._removal, self.forgotten, say) for job in scope.jobs
        }

    def begin(self, targets: Targets) -> Targets:
        """From now on no batch stores them; the targets with the posts of their authors."""
        if ended := self._removal.finish():
            self._say(f"{ended} document in which a killed command had stopped")
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
            yield job, found.with_those(self._settlings[job].settle(targets))

    def _of_job(self, job: str, targets: Targets) -> Found:
        found = Found()
        for _, documents, letters in self._scan.of_job(job, targets):
            self._removal.note(documents, targets)
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
            return self._removal.of_uncommitted(hit.document, targets)
        return self._removal.of_committed(hit.document, targets) if entry["state"] == "committed" else 0
