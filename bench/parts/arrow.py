"""The job's native plan beside `mapInArrow` with polars: the same events, parsed and cleaned.

By time of day, with Java and Python on the same cores; other programs on the machine cost the one with fewer processes
more. Each round measures everyone, and a ratio is the median of the rounds' own.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from bench.checking import WORDS, Found, NotRight, compare, reference
from bench.figures import spread
from bench.peers.polars_posts import POSTS, posts
from bench.pictures import bars
from bench.places import CACHE
from bench.processes import job_environment, module, running
from bench.reference import digest
from bench.report import Result
from bench.stand import PARTITIONS, read_events
from processors.events import post_or_problem
from processors.rows import with_outcome
from runtime.session import open_session
from settings import Settings

_EVENTS = {"tiny": 2_000, "quick": 50_000, "full": 200_000}
_RUNS = {"tiny": 2, "quick": 6, "full": 9}
_WARM_UP_RUNS = {"tiny": 1, "quick": 6, "full": 3}  # until Java has compiled what it runs
_SECONDS = 1_800
_TITLES = {
    "casestream": "the job's plan, whole",
    "casestream_same_columns": "the job's plan, of it the same columns",
    "polars": "mapInArrow, polars",
    "passage": "mapInArrow, each batch handed back as it is",
}


def run(scale: str, server: str, say: Callable[[str], None]) -> Result:  # noqa: ARG001 - no database is asked
    """Raises bench.processes.Failed, also where a plan's posts are not those of the reference."""
    number, runs, warm_up = _EVENTS[scale], _RUNS[scale], _WARM_UP_RUNS[scale]
    say(f"{number} events, {runs} runs of each plan after {warm_up} that do not count")
    scratch = CACHE / "runs"
    scratch.mkdir(parents=True, exist_ok=True)
    # A thread for each task, as Spark has it.
    environment = job_environment(POLARS_MAX_THREADS="1")
    with TemporaryDirectory(dir=scratch) as folder:
        command = module(__spec__.name, str(number), str(warm_up + runs))
        with running(command, Path(folder), environment) as program:
            program.wait(_SECONDS)
            seconds: dict[str, list[float]] = json.loads(program.output().splitlines()[-1])
    return _result({name: [number / each for each in taken[warm_up:]] for name, taken in seconds.items()}, number)


def _result(rates: dict[str, list[float]], number: int) -> Result:
    spreads = {name: asdict(spread(each)) for name, each in rates.items()}
    ours = ("casestream", "casestream_same_columns")
    facts: dict[str, Any] = {
        "ratios": {f"polars_vs_{name}": _ratio(rates["polars"], rates[name]) for name in ours},
        "events": number,
        "events_per_second": {name: {**each, "runs": rates[name]} for name, each in spreads.items()},
    }
    rows = [[_TITLES[name], *(f"{value:,.0f}" for value in each.values())] for name, each in spreads.items()]
    title = "Events parsed and cleaned per second: Spark's own expressions, and polars in mapInArrow"
    draw = partial(bars.draw, facts["events_per_second"], _TITLES)
    return Result("arrow", title, ["", "min", "median", "max"], rows, facts, draw=draw)


def _ratio(rates: list[float], others: list[float]) -> float:
    return round(statistics.median(rate / other for rate, other in zip(rates, others, strict=True)), 2)


def main(number: int, runs: int) -> None:
    """Print the seconds of each run, in JSON. Raises NotRight."""
    spark = open_session("arrow", Path())
    plans = _plans(_held(spark, number))
    _check(plans, number)
    taken: dict[str, list[float]] = {name: [] for name in plans}
    for _ in range(runs):
        for name, plan in plans.items():
            taken[name].append(_seconds(plan))
    print(json.dumps(taken))
    spark.stop()


def _held(spark: SparkSession, number: int) -> DataFrame:
    """The events in Spark's memory, as a source has them."""
    received_at = datetime.now(UTC)
    events = [(event, f"bench/{place}", received_at) for place, event in enumerate(read_events(number))]
    frame = spark.createDataFrame(events, "value binary, origin string, received_at timestamp")
    held = frame.repartition(PARTITIONS).persist()
    held.count()
    return held


def _plans(events: DataFrame) -> dict[str, DataFrame]:
    rows = with_outcome(events, post_or_problem, Settings(jobname="arrow", source="kafka", database="arrow"))
    values = events.select("value")
    made = values.mapInArrow(posts, POSTS)
    return {
        "casestream": rows,
        "casestream_same_columns": rows.select(*(f"post.{name}" for name in made.columns)),
        "polars": made,
        "passage": values.mapInArrow(_handed_back, "value binary"),
    }


def _handed_back(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
    return batches


def _check(plans: dict[str, DataFrame], number: int) -> None:
    same = ("casestream_same_columns", "polars")
    for name in same:
        try:
            compare(_found(plans[name]), reference(number, WORDS))
        except NotRight as problem:
            raise NotRight(f"{_TITLES[name]}: {problem}") from None
    ours, theirs = (plans[name] for name in same)
    if not ours.exceptAll(theirs).isEmpty():
        raise NotRight("the reference knows no time, language and author: those of polars are not those of the job")


def _found(plan: DataFrame) -> Found:
    for post in plan.toLocalIterator():
        yield int(post["id"]), digest(post["text"], post["raw_text"], post["hashtags"], post["mentions"], post["urls"])


def _seconds(plan: DataFrame) -> float:
    began = time.perf_counter()
    plan.write.format("noop").mode("overwrite").save()
    return time.perf_counter() - began


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
