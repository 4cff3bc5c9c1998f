"""What is not committed: planned batches, and spools. A job that runs is waited for, what another one left is cleaned.

A batch that was planned before the hashes were added may be about to be committed with what is forgotten in it.
"""

from collections.abc import Callable
from threading import Event

from clock import Clock
from errors import JobError
from ledger.dead_letters import forget_letters
from ledger.forgotten import ForgottenLog
from ledger.removal import Removal
from micro_batch import BatchId, ids_below, lease_of
from operations.forgetting.borrowing import borrowed
from operations.forgetting.documents import hits_of_batch, note
from operations.forgetting.letters import letters_of_batch
from operations.forgetting.scan import Found
from operations.forgetting.spools import JobSpool
from operations.forgetting.targets import Targets
from operations.integrity.stored import Documents

_LOOK_SECONDS = 0.5
_LONGEST_SECONDS = 600


class Settling:
    """One job's. say is handed a line for the operator."""

    def __init__(
        self,
        database: Documents,
        job: str,
        clock: Clock,
        removal: Removal,
        forgotten: ForgottenLog,
        say: Callable[[str], None],
    ) -> None:
        self._database = database
        self._batches = database["batches"]
        self._job = job
        self._clock = clock
        self._removal = removal
        self._forgotten = forgotten
        self._say = say
        self._noted: set[BatchId] = set()

    def note(self) -> None:
        """Take in the batches that are planned now."""
        found = self._batches.find({"job": self._job, "state": "planned"}, {"query_id": 1, "batch_id": 1})
        self._noted |= {BatchId(entry["query_id"], entry["batch_id"]) for entry in found}

    def settle(self, targets: Targets) -> Found:
        """Remove what the noted batches hold, now or when they are committed, and what waits in the spool.

        Raises JobError where a running job does not end a batch for ten minutes.
        """
        found = Found()
        spool = JobSpool(self._database, self._job)
        if (line := spool.elsewhere()) is not None:
            self._say(line)
        for query in sorted({batch.query_id for batch in self._noted}):
            lease = lease_of(query, self._job)
            self._end(lease, [batch for batch in self._noted if batch.query_id == query], spool, targets)
        if spool.waiting(targets) and not self._clean(self._job, [], spool, targets):
            self._say(f"{self._job} runs: what waits in its spool is left out when it is read")
        for batch in sorted(self._noted):
            self._remove(batch, targets, found)
        return found

    def _end(self, lease: str, batches: list[BatchId], spool: JobSpool, targets: Targets) -> None:
        """Return when none of these is in the hands of a process that may commit it as it is."""
        deadline = self._clock.monotonic() + _LONGEST_SECONDS
        is_said = False
        while self._planned(batches):
            if self._clean(lease, batches, spool, targets):
                return
            if self._clock.monotonic() > deadline:
                raise JobError(
                    f"{lease} has not ended the batch in its hands for {_LONGEST_SECONDS} s. All else is done: run the "
                    "same command again when it has."
                )
            if not is_said:
                self._say(f"{lease} runs: waiting for the batch in its hands")
                is_said = True
            self._clock.wait(Event(), _LOOK_SECONDS)

    def _clean(self, lease: str, batches: list[BatchId], spool: JobSpool, targets: Targets) -> bool:
        """Where nobody holds the lease: make the batches be done anew, and blank the spool. Whether it was so."""
        with borrowed(self._database, lease, self._job, self._clock) as held:
            if held is None:
                return False
            for batch in batches:
                # A holder that stood still, and wakes up, can commit it no more.
                self._batches.update_one({"_id": str(batch), "state": "planned"}, {"$set": {"epoch": held.epoch}})
            if lease == self._job and (events := spool.forget(targets)):
                self._say(f"{self._job}: {events:,} events in its spool")
        return True

    def _planned(self, batches: list[BatchId]) -> bool:
        names = [str(batch) for batch in batches]
        return self._batches.find_one({"_id": {"$in": names}, "state": "planned"}, {"_id": 1}) is not None

    def _remove(self, batch: BatchId, targets: Targets, found: Found) -> None:
        entry = self._batches.find_one({"_id": str(batch)}, {"state": 1})
        is_committed = entry is not None and entry["state"] == "committed"
        remove = self._removal.of_committed if is_committed else self._removal.of_uncommitted
        documents = list(hits_of_batch(self._database, ids_below(batch), targets))
        note(documents, targets, self._forgotten)
        for hit in documents:
            found.posts += remove(hit.document, targets.takes)
            found.documents += 1
        names = list(letters_of_batch(self._database, self._job, batch, targets))
        forget_letters(self._database, names, self._forgotten)
        found.letters += len(names)
