"""How it grows: with the posts of a batch, with cores, with partitions, with the size of a document."""

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, pairwise, repeat

from bench.casestream_job import entries, job, submitted
from bench.growth_report import CORES, POSTS, Batch, result
from bench.processes import Failed
from bench.report import Result
from bench.stand import Stand, produce, read_events, stand

_SECONDS = 1_800


@dataclass(frozen=True)
class Scale:
    """What is tried. batches: of each size of batch, more of the small ones; batch: of all other questions."""

    batches: dict[int, int]
    batch: int
    partitions: tuple[int, ...]
    megabytes: tuple[int, ...]


_SCALES = {
    "tiny": Scale({10: 4, 10_000: 4}, 1_000, (1, 4), (1, 8)),
    "quick": Scale({10: 50, 1_000: 40, 100_000: 6}, 20_000, (1, 4, 16), (1, 8, 15)),
    "full": Scale(
        {10: 100, 100: 80, 1_000: 50, 10_000: 25, 100_000: 10, 1_000_000: 2},
        100_000,
        (1, 2, 4, 8, 16),
        (1, 2, 4, 8, 15),
    ),
}
_BATCHES = 6


def run(scale: str, server: str, say: Callable[[str], None]) -> Result:
    """Each figure is of a job of its own: the median time from commit to commit in the later half of its batches."""
    found = []
    with stand(server) as place:
        for each in _all(place, _SCALES[scale]):
            say(f"{each.what} {each.value}: {each.rate:,.0f} posts/s")
            found.append(each)
    return result(found)


def _all(place: Stand, size: Scale) -> Iterable[Batch]:
    for posts, batches in size.batches.items():
        yield _measure(place, POSTS, posts, posts, batches)
    for cores in (1, 2):
        yield _measure(place, CORES, cores, size.batch, master=f"local[{cores}]")
    for partitions in size.partitions:
        yield _measure(place, "partitions", partitions, size.batch, partitions=partitions)
    for megabytes in size.megabytes:
        limits = {"max_document_bytes": str(megabytes * 1_000_000), "max_event_bytes": "100000"}
        yield _measure(place, "MB a document", megabytes, size.batch, limits=limits)


def _measure(
    place: Stand,
    what: str,
    value: int,
    posts: int,
    batches: int = _BATCHES,
    partitions: int = 4,
    master: str | None = None,
    limits: Mapping[str, str] | None = None,
) -> Batch:
    task = place.task("growth", f"growth-{place.runs}", 0, posts, partitions)
    place.broker.create_topic(task.topic, partitions)
    produce(task.bootstrap, task.topic, _events(posts * batches), partitions)
    started = job(task, place.room(task), "--available-now", **(limits or {}))
    if master is not None:
        started = submitted(task, place.room(task), master)
    with started as program:
        program.wait(_SECONDS)
    with place.client() as client:
        ledger = entries(client[task.database])
    place.forget(task.topic)
    place.clear(task)
    if len(ledger) < batches:
        raise Failed(f"{len(ledger)} of {batches} batches of {posts} posts")
    # Java compiles while it runs: a job's first batches are not like those that it has after an hour.
    warm = [entry["committed_at"].timestamp() for entry in ledger[(len(ledger) - 1) // 2 :]]
    seconds = statistics.median(after - before for before, after in pairwise(warm))
    return Batch(what, value, posts, seconds, statistics.fmean(entry["bytes"] / entry["posts"] for entry in ledger))


def _events(number: int) -> Iterable[bytes]:
    """The same million again where more are wanted."""
    whole, rest = divmod(number, 1_000_000)
    return chain(*(read_events(each) for each in (*repeat(1_000_000, whole), rest) if each))
