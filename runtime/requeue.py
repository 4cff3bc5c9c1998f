"""Dead letters once more through their source's `process`: a batch of Spark's, stored like a micro-batch."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from cache.last_good import LastGood
from case_count import CaseCount
from clock import Clock
from ledger.dead_letters import DeadLetters, Selection, forget_letters
from log_context import in_batch
from micro_batch import REQUEUE, BatchId, LoggedBatch
from processors.base import JobParts
from processors.forgotten import left_out
from processors.storing import Storing
from runtime.counting import count_provider
from runtime.former_counts import agreed_count, last_good_count
from runtime.reprocessing import Place, Reprocessing
from settings import Settings

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Prospect:
    """What `process` makes of dead letters now, by the problem that they had: letters, and posts among them."""

    letters: Counter[str]
    posts: Counter[str]


@dataclass(frozen=True)
class Run:
    """A run that has ended: how many posts it stored, and how many of its letters are none still."""

    id: int
    posts: int
    still_dead: int


class Requeue:
    """The dead letters of one job.

    A run puts its number into the letters that it takes, plans, writes the documents `requeue:<run>:<part>`, commits,
    and tells the letters what became of them. A killed one is run again from its letters: `process` finds the same
    posts, under the same ids, in the same documents. settings: the job's, but for the source, which the letters name.
    Raises FixSettings where their provider of the case count is not there.
    """

    def __init__(self, spark: SparkSession, place: Place, settings: Settings, clock: Clock) -> None:
        self.letters = DeadLetters(place.database, settings.jobname, clock)
        self._place = place
        self._again = Reprocessing(spark, place, settings, clock)
        self._clock = clock
        self._provider = count_provider(settings, clock)

    def look(self, selection: Selection) -> Prospect:
        """What a requeue of these would do; writes nothing.

        Raises FixSettings where their source is not there, pymongo's and Spark's errors.
        """
        prospect = Prospect(Counter(), Counter())
        chosen = self.letters.waiting(selection)
        for source in self.letters.sources(chosen):
            rows = left_out(self._again.rows(source, chosen), self._again.forgotten.known())
            for found in rows.groupBy("former_problem").agg(F.count("*"), F.count("post")).collect():
                prospect.letters[found[0]] += found[1]
                prospect.posts[found[0]] += found[2]
        return prospect

    def store(self, selection: Selection) -> Iterator[Run]:
        """End the runs that were killed, then requeue these, in runs of bounded size; each letter once.

        Raises FixSettings where their source is not there, LeaseLost, pymongo's and Spark's errors; the letters of a
        run that an error has ended are taken by the next call.
        """
        unfinished = self.letters.unfinished()
        first = min([*unfinished, self.letters.next_run()])
        for begun in unfinished:
            yield self._run(self.letters.own(begun))
        chosen = {**self.letters.waiting(selection), "requeue_tried.run": {"$not": {"$gte": first}}}
        for source in self.letters.sources(chosen):
            of_source = {**chosen, "source": source}
            self._again.rows(source, of_source)  # a source that cannot work must not begin a run
            while (run := self._begin(of_source)) is not None:
                yield self._run(run)

    def _begin(self, chosen: Mapping[str, Any]) -> int | None:
        self._place.fence()
        return self.letters.mark(chosen)

    def _run(self, run: int) -> Run:
        held = self.letters.of_run(run)
        (source,) = self.letters.sources(held)
        parts = self._again.parts(source)
        batch = BatchId(REQUEUE, run)
        if not parts.ledger.is_committed(batch):
            self._forget(source, held)
            self._store(batch, self._again.rows(source, held), parts)
        stored = parts.ledger.earlier(batch)
        self._place.fence()
        return Run(run, stored.contents.posts if stored else 0, self.letters.finish(run))

    def _forget(self, source: str, held: Mapping[str, Any]) -> None:
        """Empty the letters whose posts are forgotten: they are no posts any more."""
        if not (known := self._again.forgotten.known()).hashes:
            return
        found = left_out(self._again.rows(source, held), known).where("forgotten").select("letter").collect()
        self._place.fence()
        forget_letters(self._place.database, [row["letter"] for row in found], self._again.forgotten)

    def _store(self, batch: BatchId, rows: DataFrame, parts: JobParts) -> None:
        sink, run = self._place.sink(parts.settings), batch.number
        rows.persist()
        try:
            self._place.fence()
            self.letters.forget_tries(run)
            sink.update(_tries(rows, run), "dead_letters")
            with in_batch(batch):
                Storing(sink, parts.ledger, parts.forgotten, sink.write).store(
                    rows.where("problem is null"), batch, lambda: self._count(run, parts.settings), lambda: _begun(run)
                )
        finally:
            rows.unpersist()

    def _count(self, run: int, settings: Settings) -> CaseCount:
        last_good = last_good_count(
            self._provider,
            LastGood(self._place.database).get(self._provider.key),
            now=self._clock.now(),
            stale_after=timedelta(days=settings.count_stale_after_days),
        )
        return agreed_count(self.letters.batches_of(run), last_good)


def _tries(rows: DataFrame, run: int) -> DataFrame:
    """What the run tells the letters of which it can make no post."""
    tried = F.struct(F.lit(run).cast("bigint").alias("run"), F.col("problem"))
    return rows.where("problem is not null").select(F.col("letter").alias("_id"), tried.alias("requeue_tried"))


def _begun(run: int) -> LoggedBatch:
    return LoggedBatch(_EPOCH + timedelta(milliseconds=run), ())
