"""The disk under the spool is full while posts keep coming, and has room again: the feed waits, nothing is lost."""

import errno
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.database import connect
from runtime.embedded import EmbeddedServer
from spool.local_folder import LocalFolder
from spool.recovery import recover
from tests.conftest import Documents
from tests.integration.jobs import ROOT, RunningJob, is_committed, job, message
from tests.integration.small_disk import fill, mounted
from tests.integration.steady_feed import SteadyFeed
from tests.integration.stored import posts, read_until_stored
from tests.integration.test_outage import kill

JOB = ("--jobname", "demo", "--source", "socket", "--trigger-seconds", "1")
DISK_BYTES = 12_000_000
SMALL_DISK_BYTES = 1_000_000
MONGODB_DISK_BYTES = 200_000_000
LINE_BYTES = 50_000
WRITE_UNTIL_IT_IS_FULL = """
import sys
import time
from pathlib import Path
from spool.local_folder import LocalFolder
from spool.writer import SpoolWriter
writer = SpoolWriter(LocalFolder(Path(sys.argv[1])), 1 << 40)
number = 0
while True:
    writer.append([b"x" * 1000])
    if not writer.flush():
        print(number, flush=True)
        time.sleep(600)
    number += 1
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MB."""
    yield from mounted_or_skipped(tmp_path / "disk", DISK_BYTES)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB: twenty lines of the feed."""
    yield from mounted_or_skipped(tmp_path / "disk", SMALL_DISK_BYTES)


@pytest.fixture
def mongodb_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system for a server's data."""
    yield from mounted_or_skipped(tmp_path / "disk", MONGODB_DISK_BYTES)


def mounted_or_skipped(place: Path, size: int) -> Iterator[Path]:
    with mounted(place, size) as disk:
        if disk is None:
            pytest.skip("only root may mount a small file system here")
        yield disk


def end_when_all_is_stored(running: RunningJob, feed: SteadyFeed, database: Documents) -> None:
    """The feed sends no more; every line that it sent is stored once, in order."""
    lines = feed.stop()
    read_until_stored(running, database, len(lines))
    running.stop()
    stored = sorted(posts(database), key=lambda post: str(post["origin"]))  # large batches are in parts
    assert [post["text"] for post in stored] == lines
    assert database["dead_letters"].count_documents({}) == 0


@pytest.mark.faults
def test_a_full_disk_makes_the_feed_wait_and_nothing_is_lost_or_doubled_when_there_is_room_again(
    data_folder: Path, mongodb_uri: str, database: Documents, disk: Path
) -> None:
    settings = {"mongodb_uri": mongodb_uri, "database": database.name, "count_url": "http://127.0.0.1:1/"}
    with SteadyFeed(padding=LINE_BYTES) as feed:
        place = ("--spool", f"file://{disk}/spool", "--socket-port", feed.port)
        with job(data_folder, *JOB, *place, **settings) as running:
            running.read_until(is_committed)
            assert fill(disk / "ballast") == errno.ENOSPC
            full = message(running.read_until(lambda line: "spool full" in message(line)))
            assert "No space left on device" in full
            while not feed.is_waiting(1):
                assert running.process.poll() is None
            sent = len(feed.sent)
            (disk / "ballast").unlink()
            running.read_until(lambda line: "spool has room again" in message(line))
            while len(feed.sent) < sent + 20:
                running.read_until(is_committed)
            end_when_all_is_stored(running, feed, database)
    assert not any("query failed" in message(line) for line in running.errors)


@pytest.mark.faults
def test_a_mongodb_whose_disk_is_full_is_waited_for_and_every_line_is_stored_once_when_there_is_room(
    data_folder: Path, mongodb_disk: Path
) -> None:
    with EmbeddedServer(mongodb_disk / "mongodb") as server, SteadyFeed(padding=1_000) as feed:
        uri = server.start()
        settings = {"mongodb_uri": f"{uri}&serverSelectionTimeoutMS=1000", "count_url": "http://127.0.0.1:1/"}
        with job(data_folder, *JOB, "--socket-port", feed.port, **settings) as running:
            running.read_until(is_committed)
            assert fill(mongodb_disk / "ballast") == errno.ENOSPC
            running.read_until(lambda line: "query failed, nothing is lost" in message(line))
            sent = len(feed.sent)
            (mongodb_disk / "ballast").unlink()
            kill(mongodb_disk / "mongodb")  # WiredTiger gives up for good on a full disk: a mongod ends by itself
            assert server.start() == uri
            running.read_until(lambda line: "query stores again" in message(line))
            while len(feed.sent) < sent + 20:
                running.read_until(is_committed)
            with (database := connect(uri, "casestream")).client:
                end_when_all_is_stored(running, feed, database)
                assert database["batches"].count_documents({"state": {"$ne": "committed"}}) == 0


def is_full_segment_stored(database: Documents) -> bool:
    """Whether a segment beside which the small disk had no room for another line is in a batch."""
    segments = (segment for batch in database["batches"].find() for segment in batch["offsets"])
    return any(segment["bytes"] > SMALL_DISK_BYTES - 2 * LINE_BYTES for segment in segments)


@pytest.mark.slow
def test_a_disk_that_the_open_segment_alone_has_filled_drains_by_itself(
    data_folder: Path, mongodb_uri: str, database: Documents, small_disk: Path
) -> None:
    settings = {"mongodb_uri": mongodb_uri, "database": database.name, "count_url": "http://127.0.0.1:1/"}
    with SteadyFeed(padding=LINE_BYTES) as feed:
        place = ("--spool", f"file://{small_disk}/spool", "--socket-port", feed.port)
        with job(data_folder, *JOB, *place, **settings) as running:
            running.read_until(lambda line: "spool full" in message(line))
            while not is_full_segment_stored(database):
                running.read_until(is_committed)
            end_when_all_is_stored(running, feed, database)


@pytest.mark.slow
def test_what_a_killed_writer_leaves_on_a_disk_that_it_has_filled_is_closed_without_room(small_disk: Path) -> None:
    command = [sys.executable, "-c", WRITE_UNTIL_IT_IS_FULL, str(small_disk)]
    folder = LocalFolder(small_disk)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            handed_over = int(child.stdout.readline())
            with pytest.raises(OSError, match=r"is its writer alive\?"):
                recover(folder)
        finally:
            child.kill()
    (segment,) = recover(folder)
    assert segment.lines == handed_over
    assert segment.bytes > SMALL_DISK_BYTES / 2
    assert folder.list() == [segment.name]
    assert len(folder.read(segment.name)) == segment.bytes
