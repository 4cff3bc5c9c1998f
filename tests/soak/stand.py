"""Everything that a soak runs on: a broker, a database, a count page, three feeds and three jobs."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ledger.database import connect
from runtime.embedded import EmbeddedServer
from tests.conftest import Documents
from tests.integration.crash_events import MAX_EVENT_BYTES
from tests.integration.jobs import ROOT
from tests.integration.small_disk import mounted
from tests.servers.count_page import CountPage
from tests.servers.kafka import KafkaBroker
from tests.soak.feed import Feed
from tests.soak.kafka_feed import KafkaFeed
from tests.soak.replays import Replays
from tests.soak.supervised_job import SupervisedJob
from tests.soak.tcp_feed import TcpFeed
from tests.soak.x_feed import XFeed

KAFKA, SOCKET, TWITTER = "kafka", "socket", "twitter"
LEASE_SECONDS = 6
_DISK_BYTES = 64_000_000
_NAME = "soak"


@dataclass(frozen=True)
class Stand:
    """disk: the file system of the spools, None where it is not one of their own. jobs: by their source's name."""

    folder: Path
    disk: Path | None
    mongodb: EmbeddedServer
    mongodb_folder: Path
    database: Documents
    broker: KafkaBroker
    page: CountPage
    kafka: KafkaFeed
    tcp: TcpFeed
    x: XFeed
    jobs: dict[str, SupervisedJob]
    replays: Replays = field(default_factory=Replays)

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """One for each job."""
        return self.kafka, self.tcp, self.x


@contextmanager
def opened(folder: Path, events_per_second: float) -> Iterator[Stand]:
    """All of it running and sending; killed with the block."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)  # a job's folder is its own
        mongodb = stack.enter_context(EmbeddedServer(folder / "mongodb"))
        uri = f"{mongodb.start()}&serverSelectionTimeoutMS=2000"
        database = connect(uri, _NAME)
        stack.enter_context(database.client)
        broker = stack.enter_context(KafkaBroker(folder / "kafka-broker"))
        page = stack.enter_context(CountPage(mode="number_changed"))
        disk = stack.enter_context(mounted(folder / "disk", _DISK_BYTES))
        kafka = stack.enter_context(KafkaFeed(broker, events_per_second))
        tcp = stack.enter_context(TcpFeed(events_per_second))
        x = stack.enter_context(XFeed(events_per_second))
        settings = {
            "mongodb_uri": uri,
            "database": _NAME,
            "count_url": page.url,
            "count_max_age_seconds": "1",
            "lease_seconds": str(LEASE_SECONDS),
            "max_event_bytes": str(MAX_EVENT_BYTES),
            "max_document_bytes": str(8 * MAX_EVENT_BYTES),  # a batch is several documents
        }
        jobs = {feed.source: _job(feed, folder, disk or folder, settings) for feed in (kafka, tcp, x)}
        for job in jobs.values():
            stack.callback(job.abandon)
            job.start()
        yield Stand(folder, disk, mongodb, folder / "mongodb", database, broker, page, kafka, tcp, x, jobs)


def _job(feed: Feed, folder: Path, disk: Path, settings: dict[str, str]) -> SupervisedJob:
    arguments = ["--trigger-seconds", "2", "--checkpoint", f"file://{folder}/{feed.source}/checkpoint"]
    if feed.source != KAFKA:
        arguments += ["--spool", f"file://{disk}/{feed.source}"]
    return SupervisedJob(feed.source, folder / feed.source, arguments, settings | feed.settings)
