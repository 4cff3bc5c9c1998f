"""casestream itself, the way people run it: `main.py` as a process. And the query alone, in the process that asks."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pymongo.database import Database
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from bench.figures import Point
from bench.places import ROOT
from bench.processes import Program, job_environment, running
from bench.task import Task, report
from casestream import __version__
from clock import SystemClock
from ledger.batches import BatchLedger
from ledger.database import connect
from micro_batch import BatchId, Committed
from processors.base import JobParts
from processors.kafka import KafkaProcessor
from runtime.counting import case_counter
from runtime.jars import class_path
from runtime.java import find_java_home
from settings import Settings
from sinks.mongo import MongoSink


@contextmanager
def job(task: Task, folder: Path, *arguments: str, **settings: str) -> Iterator[Program]:
    """A running `main.py` for the task's topic; its `.data` is below the folder."""
    command = [sys.executable, str(ROOT / "main.py"), "--log-format", "json", "--jobname", task.name]
    with running([*command, "--source", "kafka", *arguments], folder, _environment(task, settings)) as program:
        yield program


@contextmanager
def submitted(task: Task, folder: Path, master: str) -> Iterator[Program]:
    """The same by way of `spark-submit` with that master, over all that is there; 2 GB as in a job without it."""
    jars = os.pathsep.join(map(str, class_path() or []))
    spark = ["spark-submit", "--master", master, "--driver-memory", "2g", "--conf", "spark.ui.enabled=false"]
    spark += ["--conf", f"spark.driver.extraClassPath={jars}", "--conf", "spark.driver.bindAddress=127.0.0.1"]
    spark += ["--conf", "spark.driver.host=127.0.0.1", str(ROOT / "main.py"), "--log-format", "json"]
    command = [*spark, "--jobname", task.name, "--source", "kafka", "--available-now"]
    environment = _environment(task, {}) | {"JAVA_HOME": str(find_java_home(os.environ))}
    with running(command, folder, environment) as program:
        yield program


def run_to_the_end(task: Task, folder: Path, seconds: float, **settings: str) -> None:
    """All events of the topic, `batch` at a time. Raises bench.processes.Failed."""
    with job(task, folder, "--available-now", **settings) as program:
        program.wait(seconds)


def _environment(task: Task, settings: dict[str, str]) -> dict[str, str]:
    told = {
        "kafka_bootstrap_servers": task.bootstrap,
        "kafka_topics": task.topic,
        "kafka_max_offsets_per_trigger": str(task.batch),
        "mongodb_uri": task.uri,
        "database": task.database,
        "count_url": task.count_url,
        **settings,
    }
    return job_environment(**{f"CASESTREAM_{name.upper()}": value for name, value in told.items()})


def entries(database: Database[dict[str, Any]]) -> list[dict[str, Any]]:
    """The ledger's committed entries, in their order."""
    return list(database["batches"].find({"state": "committed"}).sort("batch_id", 1))


def points(ledger: list[dict[str, Any]]) -> list[Point]:
    """When so many posts were stored for good."""
    done, found = 0, []
    for entry in ledger:
        done += entry["posts"]
        found.append(Point(entry["committed_at"].timestamp(), done))
    return found


class Reporter:
    """A `processors.base.Monitor` that reports each batch."""

    def __init__(self) -> None:
        self.committed: list[Committed] = []

    def batch_began(self, batch: BatchId) -> None:
        """Nothing to say yet."""

    def batch_committed(self, committed: Committed) -> None:
        """The batch is stored."""
        self.committed.append(committed)
        report(sum(each.plan.contents.posts for each in self.committed))

    def batch_skipped(self, batch: BatchId) -> None:
        """There is none here."""


def start_query(spark: SparkSession, task: Task, monitor: Reporter, sink_uri: str, **more: Any) -> StreamingQuery:  # noqa: ANN401 - settings
    """The job's query over the task's topic, with the ledger at the task's own server and the documents at another."""
    settings = Settings(
        jobname=task.name,
        source="kafka",
        database=task.database,
        kafka_bootstrap_servers=task.bootstrap,
        kafka_topics=(task.topic,),
        kafka_max_offsets_per_trigger=task.batch,
        mongodb_uri=SecretStr(task.uri),
        count_url=task.count_url,
        **{"available_now": True, **more},
    ).for_local_master()
    database = connect(task.uri, task.database)
    clock = SystemClock()
    parts = JobParts(
        spark,
        settings,
        MongoSink(settings, sink_uri, database, lambda: None),
        BatchLedger(database, settings, __version__, clock, epoch=1),
        case_counter(settings, database, clock),
        monitor,
        lambda: False,
    )
    return KafkaProcessor(parts).write_stream()
