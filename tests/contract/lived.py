"""A job of a processor's examples, on fakes: told to stop, run, run on with more, its last batch run once more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from errors import StopRequested
from processors.base import StreamProcessor
from tests.contract.examples.base import ProcessorExamples
from tests.contract.overheard import with_secrets
from tests.streaming.fakes import FakeJob

Stored = Mapping[str, Mapping[str, bytes]]


@dataclass(frozen=True)
class Lived:
    """What became of the job. stored_when_stopped: of the run that was told to stop before it began.

    texts, letters: of all runs, sorted; batches: of each run. replayed: the collections before and after the replay.
    """

    when_stopped: BaseException | None
    stored_when_stopped: int
    texts: Sequence[str]
    letters: Sequence[bytes]
    batches: Sequence[int]
    replayed: tuple[Stored, Stored]


def live(kind: type[StreamProcessor], examples: ProcessorExamples, spark: SparkSession, folder: Path) -> Lived:
    """Its posts in the first run, its problems and the first post's event once more in the second."""
    first, second = list(examples.posts), [*examples.problems, next(iter(examples.posts))]
    job, say = _job(kind, examples, spark, folder, first)
    when_stopped = _run_stopped(job, kind)
    stored_when_stopped = sum(map(len, job.sink.collections.values()))
    batches = [job.run(kind).batches_stored]
    say(second)
    batches.append(job.run(kind).batches_stored)
    texts = sorted(post["text"] for post in job.content)
    letters = sorted(letter["raw"] for letter in job.dead_letters)
    before = _copy(job)
    last = max(job.ledger.committed, key=lambda each: each.number)
    del job.ledger.committed[last]
    job.forget_spark_commit(last.number)
    job.run(kind)
    return Lived(when_stopped, stored_when_stopped, texts, letters, batches, (before, _copy(job)))


def _job(
    kind: type[StreamProcessor], examples: ProcessorExamples, spark: SparkSession, folder: Path, first: Sequence[bytes]
) -> tuple[FakeJob, Callable[[Sequence[bytes]], object]]:
    """The job, told the first events, and how it is told more."""
    settings: dict[str, Any] = with_secrets(examples.settings, kind.requires)
    if (publish := examples.publish) is None:
        job = FakeJob(spark, folder, **settings)
        job.hear(first)
        return job, job.hear
    place = folder / "published"
    settings.update(publish(place, first))
    return FakeJob(spark, folder, **settings), lambda events: publish(place, events)


def _run_stopped(job: FakeJob, kind: type[StreamProcessor]) -> BaseException | None:
    job.stop_requested = True
    try:
        job.run(kind)
    except StopRequested as asked:
        return asked
    finally:
        job.stop_requested = False
    return None


def _copy(job: FakeJob) -> Stored:
    return {name: dict(documents) for name, documents in job.sink.collections.items()}
