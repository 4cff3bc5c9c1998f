"""Where the job's processor time goes: each step on top of the one before, in microseconds for an event.

Processor time of Spark's tasks, by its own metrics, and not time of day: other programs on the machine change little of
it, and Java's compilers and collector are not in it. The smallest of several runs.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from bench.processes import job_environment, module, running
from bench.report import Result
from bench.servers import acknowledging
from bench.stand import stand
from bench.task import Task
from case_count import CaseCount
from ledger.database import connect
from micro_batch import BatchId, BatchPlan, LoggedBatch
from processors.events import post_or_problem
from processors.rows import with_outcome
from runtime.session import open_session
from settings import Settings
from sinks import documents
from sinks.mongo import MongoSink

_EVENTS = {"tiny": 2_000, "quick": 50_000, "full": 200_000}
_RUNS = {"tiny": 2, "quick": 4, "full": 6}
_SECONDS = 1_800


def run(scale: str, server: str, say: Callable[[str], None]) -> Result:
    """Each step is a plan of its own over the same events, so that steps can be subtracted."""
    number = _EVENTS[scale]
    with stand(server) as place, acknowledging(place.folder / "ack") as sink:
        task = place.task("profile", place.topic("posts", number), number, number)
        say(f"{number} events, {_RUNS[scale]} runs of each step")
        with running(
            module(__spec__.name, replace(task, uri=sink).as_argument(), str(_RUNS[scale])),
            place.room(task),
            job_environment(),
        ) as program:
            program.wait(_SECONDS)
            found: dict[str, float] = json.loads(program.output().splitlines()[-1])
    whole = sum(found.values())
    rows = [[about, f"{each:,.1f}", f"{each / whole:.0%}"] for about, each in found.items()]
    rows += [["all", f"{whole:,.1f}", "100%"]]
    return Result(
        "profile", "Processor time of Spark's tasks for an event", ["", "µs", ""], rows, {"microseconds": found}
    )


class Profile:
    """Plans over the same events, each run several times."""

    def __init__(self, spark: SparkSession, events: int, runs: int) -> None:
        self._context = cast(Any, spark.sparkContext)
        self._events = events
        self._runs = runs

    def of(self, action: Callable[[], object]) -> float:
        """Microseconds of the tasks for an event: the least of the runs."""
        action()
        return min(self._once(action) for _ in range(self._runs))

    def _once(self, action: Callable[[], object]) -> float:
        before = self._nanoseconds()
        action()
        return (self._nanoseconds() - before) / 1e3 / self._events

    def _nanoseconds(self) -> int:
        """Of all tasks so far: Spark keeps the figures of a thousand stages."""
        java, scala = self._context._jvm, self._context._jsc.sc()
        scala.listenerBus().waitUntilEmpty()
        no_quantiles = self._context._gateway.new_array(java.double, 0)
        stages = scala.statusStore().stageList(None, False, False, no_quantiles, java.java.util.ArrayList())
        return sum(stages.apply(place).executorCpuTime() for place in range(stages.size()))


def main(task: Task, runs: int) -> None:
    """Print the steps, in JSON."""
    spark = open_session(task.name, Path())
    settings = Settings(jobname=task.name, source="kafka", database=task.database)
    profile = Profile(spark, task.events, runs)
    read = profile.of(lambda: _drop(_messages(spark, task)))
    events = _messages(spark, task).localCheckpoint()
    steps = {"held events": events, **_steps(events, settings)}
    costs = {name: profile.of(partial(_drop, frame)) for name, frame in steps.items()}
    rows = with_outcome(events, post_or_problem, settings)
    costs["hash and size, without keeping the rows"] = profile.of(lambda: documents.measure(rows))
    costs["keeping the rows"] = profile.of(lambda: _measure_kept(rows))
    after = _after(rows.persist(), settings, task, profile)
    print(json.dumps({"Kafka read": read, **_differences(costs), **after}))
    spark.stop()


def _messages(spark: SparkSession, task: Task) -> DataFrame:
    messages = spark.read.format("kafka").option("kafka.bootstrap.servers", task.bootstrap)
    origin = F.concat_ws("/", "topic", F.col("partition").cast("string"), F.col("offset").cast("string"))
    return (
        messages.option("subscribe", task.topic)
        .load()
        .select("value", origin.alias("origin"), F.col("timestamp").alias("received_at"))
    )


def _steps(events: DataFrame, settings: Settings) -> dict[str, DataFrame]:
    event = F.col("value").cast("string")
    checked = F.when(F.decode("value", "UTF-8") == event, event)
    return {
        "UTF-8 check": events.select(checked, "origin", "received_at"),
        "parsed, cleaned: process()": events.select(post_or_problem(checked), "origin", "received_at"),
        "rows: the post completed": with_outcome(events, post_or_problem, settings),
    }


def _measure_kept(rows: DataFrame) -> None:
    kept = rows.select("*").persist()
    documents.measure(kept)
    kept.unpersist(blocking=True)


def _after(rows: DataFrame, settings: Settings, task: Task, profile: Profile) -> dict[str, float]:
    """What comes after the one pass: out of kept rows."""
    sink = MongoSink(settings, task.uri, connect(task.uri, task.database), lambda: None)
    contents = sink.measure(rows)
    parts = profile.of(lambda: sink.parts(rows, contents))
    plan = BatchPlan(
        BatchId("profile", 0),
        LoggedBatch(datetime.now(UTC), ()),
        contents,
        sink.parts(rows, contents),
        CaseCount(1, "live", "bench"),
    )
    made = sink.documents(rows, plan)
    laid_out = profile.of(lambda: _drop(made))
    written = profile.of(lambda: sink.write(made, "micro_batches"))
    return {
        "sizes of the parts": parts,
        "documents: shuffle, collect, sort": laid_out,
        "connector: BSON, sent": written - laid_out,
    }


def _differences(costs: dict[str, float]) -> dict[str, float]:
    """Of each step to the one before."""
    before, found = 0.0, {}
    for name, cost in costs.items():
        found[name] = round(cost - before, 2)
        before = cost
    return found


def _drop(frame: DataFrame) -> None:
    frame.write.format("noop").mode("overwrite").save()


if __name__ == "__main__":
    main(Task.from_arguments(), int(sys.argv[2]))
