"""The disk under the spool is full while posts keep coming, and has room again: the feed waits, nothing is lost."""

import errno
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Documents
from tests.integration.jobs import is_committed, job, message
from tests.integration.steady_feed import SteadyFeed
from tests.integration.stored import posts

JOB = ("--jobname", "demo", "--source", "socket", "--trigger-seconds", "1")
DISK_BYTES = 12_000_000
LINE_BYTES = 50_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small file system here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(ballast: Path) -> int:
    """Write until the disk takes no more; what it then says."""
    with ballast.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(100_000))
            except OSError as full:
                return int(full.errno or 0)


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
            lines = feed.stop()
            while len(posts(database)) < len(lines):
                running.read_until(is_committed)
            running.signal(signal.SIGTERM)
            assert running.end() == 0
    stored = sorted(posts(database), key=lambda post: str(post["origin"]))  # large batches are in parts
    assert [post["text"] for post in stored] == lines
    assert database["dead_letters"].count_documents({}) == 0
    assert not any("query failed" in message(line) for line in running.errors)
