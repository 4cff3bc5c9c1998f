"""Kill a job of each source that is not kept yet with a batch half stored, and keep what it leaves."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from casestream import __version__
from ledger.database import connect
from tests.integration.crash import Crash
from tests.integration.crash_points import POINTS, Point
from tests.integration.crash_scenarios import opened
from tests.integration.kept_jobs import RELEASES, KeptJob, collections_of, files_of, messages_of
from tests.servers.count_page import CountPage
from tests.servers.kafka import KafkaBroker
from tests.servers.mongodb import mongodb

_TOPIC = f"posts-of-{__version__}"


def keep(source: str, folder: Path, broker: Callable[[], KafkaBroker], uri: str) -> None:
    """Run a job in the folder, kill it, write the file. broker is asked for Kafka only."""
    folder.mkdir()
    database = connect(uri, source)
    with database.client, CountPage() as page, opened(source, folder, broker, _TOPIC) as scenario:
        crash = Crash(folder, scenario, uri, database, page)
        crash.die_at(Point.HALF_STORED)
        sent = len(crash.before) + len(crash.in_hand)
        messages = messages_of(broker(), _TOPIC, sent) if source == "kafka" else []
        topic = _TOPIC if source == "kafka" else None
        files, collections = files_of(folder), collections_of(database)
    kept = KeptJob(source, Point.HALF_STORED, crash.before, crash.in_hand, topic, messages, files, collections)
    kept.write(_file(source), folder)


def main() -> int:
    """The exit code is 1 where this release is kept already."""
    left = [source for source in POINTS if not _file(source).exists()]
    if not left:
        print(f"{RELEASES / __version__} is there: a release is kept once. Remove it if it was never tagged.")
        return 1
    with TemporaryDirectory() as work, ExitStack() as stack:
        broker = cache(lambda: stack.enter_context(KafkaBroker(Path(work, "kafka-broker"))))
        uri = stack.enter_context(mongodb(Path(work, "mongodb")))
        for source in left:
            print(f"keeping {source}")
            keep(source, Path(work, source), broker, uri)
    return 0


def _file(source: str) -> Path:
    return RELEASES / __version__ / f"{source}.json"


if __name__ == "__main__":
    sys.exit(main())
