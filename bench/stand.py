"""What everyone is measured on: one broker, one server, one page with the case count; started once for a whole run."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from pymongo import MongoClient

from bench import events
from bench.places import CACHE, EVENTS
from bench.servers import SERVERS
from bench.task import Task
from tests.servers.count_page import CountPage
from tests.servers.guard import dismiss, guard_folder
from tests.servers.kafka import KafkaBroker

PARTITIONS = 4


@dataclass
class Stand:
    """Running servers, and a folder below which every program works that is measured."""

    folder: Path
    broker: KafkaBroker
    uri: str
    page: CountPage
    server: str
    runs: int = 0
    databases: list[str] = field(default_factory=list)

    def task(self, name: str, topic: str, number: int, batch: int, partitions: int = PARTITIONS) -> Task:
        """For one run, with a database and a folder of its own."""
        self.runs += 1
        name = f"{name}-{self.runs}"
        self.databases.append(name)
        return Task(
            name, self.broker.bootstrap, topic, partitions, number, batch, self.uri, name, self.page.url
        )  # fmt: skip

    def room(self, task: Task) -> Path:
        """The folder of a task's program."""
        return self.folder / task.name

    def topic(self, name: str, number: int, partitions: int = PARTITIONS) -> str:
        """A topic with the first so many events, the same ones in each partition whatever the number."""
        self.broker.create_topic(name, partitions)
        produce(self.broker.bootstrap, name, read_events(number), partitions)
        return name

    def forget(self, topic: str) -> None:
        """Remove a topic."""
        admin = AdminClient({"bootstrap.servers": self.broker.bootstrap, "log_level": 2})
        admin.delete_topics([topic])[topic].result(30)

    @contextmanager
    def client(self) -> Iterator[MongoClient[dict[str, Any]]]:
        """To the server that is written to."""
        with MongoClient[dict[str, Any]](self.uri, tz_aware=True) as client:
            yield client

    def clear(self, task: Task) -> None:
        """Remove what a task left: the next one finds the server empty."""
        with self.client() as client:
            client.drop_database(task.database)
        shutil.rmtree(self.room(task), ignore_errors=True)


@contextmanager
def stand(server: str, heap: str = "512m") -> Iterator[Stand]:
    """Start everything; end it, and all that was started in its folder, in whatever way this process ends."""
    scratch = CACHE / "runs"
    shutil.rmtree(scratch, ignore_errors=True)  # of a run that was killed
    scratch.mkdir(parents=True)
    with ExitStack() as open_servers:
        folder = Path(open_servers.enter_context(TemporaryDirectory(dir=scratch, ignore_cleanup_errors=True)))
        guardian = guard_folder(folder)
        open_servers.callback(_end, guardian, folder)
        broker = open_servers.enter_context(KafkaBroker(folder / "kafka", heap=heap))
        uri = open_servers.enter_context(SERVERS[server](folder / "server"))
        page = open_servers.enter_context(CountPage())
        yield Stand(folder, broker, uri, page, server)


def _end(guardian: subprocess.Popen[bytes], folder: Path) -> None:
    """Nothing of ours works in the folder by now; what does is a child that was left behind."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                os.kill(int(process.name), 9)
        except OSError:
            continue
    dismiss(guardian)


def read_events(number: int, seed: int = 1) -> Iterator[bytes]:
    """The first so many; out of one file, made at the first call."""
    # A rounded number: runs of a few sizes share a file.
    held = next(size for size in (10_000, 400_000, 1_000_000, number) if size >= number)
    with events.stored(held, seed, EVENTS).open("rb") as lines:
        yield from (line.rstrip(b"\n") for line in islice(lines, number))


def produce(bootstrap: str, topic: str, values: Iterable[bytes], partitions: int) -> None:
    """In turn to each partition, compressed with lz4; returns when the broker has all of them."""
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "compression.type": "lz4",
            "linger.ms": 50,
            "batch.size": 1_000_000,
            "queue.buffering.max.messages": 500_000,
            "log_level": 2,
        }
    )
    for number, value in enumerate(values):
        while True:
            try:
                producer.produce(topic, value, partition=number % partitions)
            except BufferError:
                producer.poll(0.1)
            else:
                break
        if number % 10_000 == 0:
            producer.poll(0)
    if left := producer.flush(120):
        raise RuntimeError(f"the broker has not taken {left} events")
