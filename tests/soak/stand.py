"""Everything that a soak runs on: a broker, a database, a count page, a feed and a job for each source."""

import os
from collections.abc import Iterator, Sequence
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
from tests.soak.feeds import KAFKA, feed_of
from tests.soak.replays import Replays
from tests.soak.supervised_job import SupervisedJob

LEASE_SECONDS = 6
_DISK_BYTES = 64_000_000
_NAME = "soak"


@dataclass(frozen=True)
class Stand:
    """disk: the file system of the spools, None where it is not one of their own. broker: where Kafka is a source.

    feeds, jobs: by their source's name.
    """

    folder: Path
    disk: Path | None
    mongodb: EmbeddedServer
    mongodb_folder: Path
    database: Documents
    broker: KafkaBroker | None
    page: CountPage
    feeds: dict[str, Feed]
    jobs: dict[str, SupervisedJob]
    replays: Replays = field(default_factory=Replays)


@contextmanager
def opened(folder: Path, sources: Sequence[str], events_per_second: float) -> Iterator[Stand]:
    """All of it running and sending; killed with the block."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)  # a job's folder is its own
        mongodb = stack.enter_context(EmbeddedServer(folder / "mongodb"))
        uri = f"{mongodb.start()}&serverSelectionTimeoutMS=2000"
        database = connect(uri, _NAME)
        stack.enter_context(database.client)
        broker = stack.enter_context(KafkaBroker(folder / "kafka-broker")) if KAFKA in sources else None
        page = stack.enter_context(CountPage(mode="number_changed"))
        disk = stack.enter_context(mounted(folder / "disk", _DISK_BYTES))
        feeds = {
            source: stack.enter_context(feed_of(source, folder / "inbox", broker, events_per_second))
            for source in sources
        }
        settings = {
            "mongodb_uri": uri,
            "database": _NAME,
            "count_url": page.url,
            "count_max_age_seconds": "1",
            "lease_seconds": str(LEASE_SECONDS),
            "max_event_bytes": str(MAX_EVENT_BYTES),
            "max_document_bytes": str(8 * MAX_EVENT_BYTES),  # a batch is several documents
        }
        jobs = {source: _job(feed, folder, disk or folder, settings) for source, feed in feeds.items()}
        for job in jobs.values():
            stack.callback(job.abandon)
            job.start()
        yield Stand(folder, disk, mongodb, folder / "mongodb", database, broker, page, feeds, jobs)


def _job(feed: Feed, folder: Path, disk: Path, settings: dict[str, str]) -> SupervisedJob:
    arguments = ["--trigger-seconds", "2", "--checkpoint", f"file://{folder}/{feed.source}/checkpoint"]
    if feed.pushes:
        arguments += ["--spool", f"file://{disk}/{feed.source}"]
    return SupervisedJob(feed.source, folder / feed.source, arguments, settings | feed.settings)
