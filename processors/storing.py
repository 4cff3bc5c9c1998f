"""One batch of rows to what is stored of it: planned, written, committed, so that doing it again stores the same."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from pyspark.sql import DataFrame

from case_count import CaseCount
from forgotten import Forgotten
from micro_batch import BatchId, BatchPlan, Committed, Contents, LoggedBatch
from processors.forgotten import left_out
from processors.spans import Spans


class Sink(Protocol):
    """Documents out of rows (`processors.rows`), and where they go. Every write is a replace-upsert by `_id`.

    The fields of the documents are those of `casestream.stored`. What reads rows raises Spark's errors.
    """

    def measure(self, rows: DataFrame) -> Contents:
        """Count and hash the rows; reads them once."""

    def parts(self, rows: DataFrame, contents: Contents) -> int:
        """How many documents the posts need so that each stays under the limit; 0 without posts."""

    def documents(self, rows: DataFrame, plan: BatchPlan) -> DataFrame:
        """One row for each part: the documents of `micro_batches`."""

    def dead_letters(self, rows: DataFrame, plan: BatchPlan) -> DataFrame:
        """One row for each event with a problem: the documents of `dead_letters`."""

    def removals(self, rows: DataFrame, plan: BatchPlan) -> DataFrame:
        """One row for each event that asks for a post to go: the documents of `removals`."""

    def discard(self, batch: BatchId) -> None:
        """Remove all that is stored of a batch that is not committed. Raises LeaseLost, and pymongo's errors."""

    def write(self, documents: DataFrame, collection: str) -> None:
        """Store the documents, acknowledged by a majority and journalled.

        collection: `micro_batches`, `dead_letters` or `removals`. Raises LeaseLost, and Spark's errors.
        """


class Ledger(Protocol):
    """What the job writes down about its batches.

    Each method raises pymongo's errors, and LeaseLost where another process writes it down by now.
    """

    def earlier(self, batch: BatchId) -> BatchPlan | None:
        """The plan of an earlier attempt at this batch, None at the first."""

    def is_committed(self, batch: BatchId) -> bool:
        """Whether the batch is stored for good."""

    def files(self, but_of: str | None) -> Collection[str]:
        """The files that the job's committed batches have read, as `FilesProcessor.offsets` names them.

        but_of: the id of a query whose batches do not count; None: all of them do.
        """

    def plan(self, plan: BatchPlan) -> None:
        """Fix the plan before the first write."""

    def commit(self, committed: Committed) -> None:
        """Everything of the batch is stored."""


class ForgottenIds(Protocol):
    """What no batch may store. Each method raises pymongo's errors."""

    def known(self) -> Forgotten:
        """All of it, as it is now."""

    def has_grown(self, since: Forgotten) -> bool:
        """Whether more is forgotten than that."""


class NothingForgotten:
    """Where nobody ever asked for it."""

    def known(self) -> Forgotten:
        return Forgotten()

    def has_grown(self, since: Forgotten) -> bool:  # noqa: ARG002
        return False


@dataclass(frozen=True)
class Storing:
    """How a batch that is not committed yet is stored, without what is forgotten. write hands documents to the sink."""

    sink: Sink
    ledger: Ledger
    forgotten: ForgottenIds
    write: Callable[[DataFrame, str], None]

    def store(
        self, batch: DataFrame, name: BatchId, count: Callable[[], CaseCount], logged: Callable[[], LoggedBatch]
    ) -> Committed:
        """Plan, write, commit. batch: `processors.rows`, the same at each attempt; count is asked at the first only.

        What is forgotten while the batch is stored makes it be stored anew. Who forgets must add the hashes first, and
        then look at what is committed by then, and at what is planned: a batch that was planned later has seen them.
        Raises what sink, ledger, count and logged raise; the batch can be stored again then.
        """
        spans = Spans()
        is_replay: bool | None = None
        while True:
            known = self.forgotten.known()
            plan, was_planned = self._store(left_out(batch, known), name, count, logged, spans)
            is_replay = was_planned if is_replay is None else is_replay
            if not self.forgotten.has_grown(known):
                break
        took = spans.total_seconds(), dict(spans.milliseconds)
        committed = Committed(plan, *took, _lag(plan.contents), is_replay=is_replay)
        self.ledger.commit(committed)
        return committed

    def _store(
        self,
        batch: DataFrame,
        name: BatchId,
        count: Callable[[], CaseCount],
        logged: Callable[[], LoggedBatch],
        spans: Spans,
    ) -> tuple[BatchPlan, bool]:
        """The plan, and whether there was an earlier one."""
        rows = batch.persist()
        try:
            earlier = self.ledger.earlier(name)
            plan = self._plan(rows, name, earlier, count, logged, spans)
            self._write(rows, plan, spans)
        finally:
            rows.unpersist()
        return plan, earlier is not None

    def _plan(
        self,
        rows: DataFrame,
        batch: BatchId,
        earlier: BatchPlan | None,
        count: Callable[[], CaseCount],
        logged: Callable[[], LoggedBatch],
        spans: Spans,
    ) -> BatchPlan:
        with spans.of("process"):
            contents = self.sink.measure(rows)
        if earlier is not None and earlier.contents.content_hash == contents.content_hash:
            plan = replace(earlier, contents=replace(earlier.contents, problems=contents.problems))
        else:
            with spans.of("parts"):
                parts = self.sink.parts(rows, contents)
            with spans.of("count"):
                case_count = earlier.case_count if earlier is not None else count()
            plan = BatchPlan(batch, logged(), contents, parts, case_count)
            if earlier is not None:
                self.sink.discard(batch)  # before the plan: all that is stored beside an entry is of its plan
            with spans.of("plan"):
                self.ledger.plan(plan)
        return plan

    def _write(self, rows: DataFrame, plan: BatchPlan, spans: Spans) -> None:
        if plan.contents.posts:
            with spans.of("documents"):
                self.write(self.sink.documents(rows, plan), "micro_batches")
        if plan.contents.dead_letters:
            with spans.of("dead_letters"):
                self.write(self.sink.dead_letters(rows, plan), "dead_letters")
        if plan.contents.removals:
            with spans.of("removals"):
                self.write(self.sink.removals(rows, plan), "removals")


def _lag(contents: Contents) -> float | None:
    if contents.newest_received_at is None:
        return None
    return round((datetime.now(UTC) - contents.newest_received_at).total_seconds(), 3)
