"""`manage.py record` as its operator sees it: what a feed says, in files, over kills."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions

from errors import CannotStart
from operations import record_kafka
from operations.feed_recording import recorded, recorded_messages
from operations.record_kafka import KafkaRecorder
from spool.local_folder import LocalFolder
from spool.segments import SUFFIX, CutEvent, Message, decode
from spool.writer import SpoolWriter
from tests.conftest import Documents
from tests.integration.feed_process import ROOT, FeedProcess, feed, feeding
from tests.integration.test_feed import messages
from tests.servers.heard import Heard
from tests.servers.kafka import KafkaBroker
from tests.servers.peer import Peer, hold, send

BOUND_SECONDS = 60


@contextmanager
def recording(database: Documents, uri: str, to: Path, feed: int | str, *more: str) -> Iterator[subprocess.Popen[str]]:
    """A running `manage.py record` of a port, or of the topic `said` of these brokers; killed when the block ends."""
    source, told = "socket", {"CASESTREAM_SOCKET_PORT": str(feed)}
    if isinstance(feed, str):
        source, told = "kafka", {"CASESTREAM_KAFKA_BOOTSTRAP_SERVERS": feed, "CASESTREAM_KAFKA_TOPICS": "said"}
    command = [sys.executable, str(ROOT / "manage.py"), "record", "--jobname", "monday", "--source", source]
    environment = {**os.environ, **told, "CASESTREAM_MONGODB_URI": uri, "CASESTREAM_DATABASE": database.name}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*command, "--to", str(to), *more], env=environment, cwd=to.parent, stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def events(folder: Path) -> list[bytes]:
    """Everything that is in closed segments, in its order."""
    names = sorted(path.name for path in folder.glob(f"*{SUFFIX}"))
    return [line.event for name in names for line in decode((folder / name).read_bytes())]


def handed_over(folder: Path) -> bytes:
    """All that lies in segments, open ones too."""
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.suffix in (".open", SUFFIX))


def wait_for(is_so: object, process: subprocess.Popen[str]) -> None:
    assert callable(is_so)
    for _ in range(BOUND_SECONDS * 20):
        if is_so():
            return
        assert process.poll() is None, process.stderr and process.stderr.read()
        Event().wait(0.05)
    raise AssertionError("it did not happen")


def test_a_feed_is_recorded_to_the_byte_over_a_kill_and_the_time_between_is_known(
    database: Documents, mongodb_uri: str, tmp_path: Path
) -> None:
    to, first_is_read, second_is_read = tmp_path / "monday", Event(), Event()
    with (
        Peer(hold(first_is_read, b"one\nt\xff\xfew\r\n"), hold(second_is_read, b"three\n")) as peer,
    ):
        with recording(database, mongodb_uri, to, peer.port) as process:
            wait_for(lambda: to.exists() and b"\xff\xfew\r\n" in handed_over(to), process)
            process.send_signal(signal.SIGKILL)
            assert process.wait(BOUND_SECONDS) == -signal.SIGKILL
        first_is_read.set()
        assert events(to) == []
        with recording(database, mongodb_uri, to, peer.port) as process:
            wait_for(lambda: b"three\n" in handed_over(to), process)
            process.send_signal(signal.SIGINT)
            assert process.wait(BOUND_SECONDS) == 0
            assert process.stdout is not None
            assert process.stdout.read() == f"1 events recorded in {to}\n"
        second_is_read.set()
    assert sorted(events(to)) == [b"one", b"three", b"t\xff\xfew\r"]  # within a second two runs are in any order
    (gap,) = database["coverage"].find({"cause": "nobody was recording"})
    assert (gap["job"], gap["source"], gap["to"] is not None) == ("monday", "socket", True)


def test_two_recordings_never_write_to_one_folder(database: Documents, mongodb_uri: str, tmp_path: Path) -> None:
    released = Event()
    with Peer(hold(released, b"one\n")) as peer, recording(database, mongodb_uri, tmp_path / "a", peer.port) as first:
        wait_for(lambda: (tmp_path / "a").exists() and b"one" in handed_over(tmp_path / "a"), first)
        with recording(database, mongodb_uri, tmp_path / "a", peer.port) as second:
            _, said = second.communicate(timeout=BOUND_SECONDS)
            assert second.returncode == 3
            assert "another recording writes to" in said
        released.set()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("kafka", "CASESTREAM_KAFKA_TOPICS"),
        ("nothing", "must be one of"),
        ("files", "files are a recording already: copy them"),
        ("tests.words_source:UnheardWords", "--source files reads them, and manage.py feed --file plays them"),
    ],
)
def test_what_cannot_be_recorded_is_a_mistake_in_a_line(source: str, said: str, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "record", "--jobname", "a", "--source", source, "--to", "x"]
    environment = {**os.environ, "CASESTREAM_FILES_FOLDER": "/nowhere", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, timeout=BOUND_SECONDS, check=False, env=environment
    )
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (2, True, False)
    assert not list(tmp_path.iterdir())


def test_it_ends_by_itself_after_so_many_seconds(database: Documents, mongodb_uri: str, tmp_path: Path) -> None:
    with (
        Peer(send(b"one\n")) as peer,
        recording(database, mongodb_uri, tmp_path / "a", peer.port, "--seconds", "2") as process,
    ):
        process.communicate(timeout=BOUND_SECONDS)
        assert process.returncode == 0
    assert events(tmp_path / "a") == [b"one"]


def test_a_recording_is_played_as_it_was_heard_or_faster(tmp_path: Path) -> None:
    heard_at = iter([0, 400, 1_000])
    writer = SpoolWriter(LocalFolder(tmp_path), 10**9, lambda: 1_700_000_000_000 + next(heard_at, 1_000))
    for event in (b"one", b"t\xffwo", CutEvent(b"lo", 9, "ab" * 32), b"three"):
        writer.append([event])
    writer.close()
    events, due = recorded(tmp_path, speed=2)
    assert [line for batch in events for line in batch] == [b"one\n", b"t\xffwo\n", b"three\n"]
    assert list(due) == [0, 0.2, 0.5]
    with feeding(FeedProcess, "--recording", tmp_path, "--speed", 0, "--port", 0) as player:
        port = int(player.address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), BOUND_SECONDS) as connection:
            assert connection.makefile("rb").read() == b"one\nt\xffwo\nthree\n"
        assert player.exit_code() == 0


SENT_AT = 1_700_000_000_000
SAID: list[tuple[bytes | None, bytes | None]] = [
    (None, b"one"),
    (b"k\xff", b"t\xffwo\nlines"),
    (b"k\xff", None),
    (None, b""),
]


def test_a_topic_is_recorded_over_a_stop_and_played_again_message_by_message(
    kafka: KafkaBroker, database: Documents, mongodb_uri: str, tmp_path: Path
) -> None:
    kafka.create_topic("said")
    for number, (key, value) in enumerate(SAID):
        kafka.produce("said", [value], key=key, timestamp=SENT_AT + 500 * number, headers=[("h", b"x")])
    to = tmp_path / "monday"
    with recording(database, mongodb_uri, to, kafka.bootstrap, "--from", "earliest") as process:
        wait_for(lambda: to.exists() and handed_over(to).count(b"\n") == len(SAID), process)
        process.send_signal(signal.SIGINT)
        assert process.wait(BOUND_SECONDS) == 0
    kafka.produce("said", [b"while nobody recorded"], timestamp=SENT_AT + 9_000)
    with recording(database, mongodb_uri, to, kafka.bootstrap) as process:
        wait_for(lambda: b"while nobody recorded" in handed_over(to), process)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=BOUND_SECONDS)
        assert (process.returncode, out) == (0, f"1 events recorded in {to}\n")
    (gap,) = database["coverage"].find({"cause": "nobody was recording"})
    assert gap["recovered"] == "backfilled"
    groups = AdminClient({"bootstrap.servers": kafka.bootstrap}).list_consumer_groups().result().valid
    assert "casestream-record" not in [group.group_id for group in groups]
    said = [*SAID, (None, b"while nobody recorded")]
    found, due = recorded_messages(to, speed=2)
    assert [(each.key, each.value) for batch in found for each in batch] == said
    assert list(due) == [0, 0.25, 0.5, 0.75, 4.5]
    done = feed("--recording", to, "--speed", 0, "--kafka", kafka.bootstrap, "--topic", "again")
    assert done.returncode == 0, done.stderr
    assert [(each.key(), each.value()) for each in messages(kafka, "again")] == said
    lines, _ = recorded(to, speed=0)
    assert [line for batch in lines for line in batch] == [b"one\n", b"while nobody recorded\n"]


def test_a_new_recording_of_a_topic_begins_with_what_comes_and_hears_partitions_that_are_added(
    kafka: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_kafka, "_LOOK_SECONDS", 0.0)
    kafka.create_topic("growing")
    kafka.produce("growing", [b"old"])
    heard = Heard()
    recorder = recorder_of(heard, kafka.bootstrap, "growing")
    recorder.start()
    try:
        for _ in range(BOUND_SECONDS * 10):  # where it begins is known when it listens
            kafka.produce("growing", [b"new"])
            if heard.events:
                break
            Event().wait(0.1)
        admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
        admin.create_partitions([NewPartitions("growing", 2)])["growing"].result(BOUND_SECONDS)
        long = b"x\n" + b"y" * 1_000
        kafka.produce("growing", [long, b"second"], partition=1)
        heard.wait_until(lambda: b"second" in values(heard))
    finally:
        recorder.stop()
    assert recorder.failure is None
    assert b"new" in values(heard)
    assert b"old" not in values(heard)
    assert [each for each in heard.events if isinstance(each, CutEvent)] == [
        CutEvent(b"x", len(long), sha256(long).hexdigest())
    ]


@pytest.mark.parametrize(("topic", "port", "said"), [("none", None, "there is no topic none"), ("a", 1, "not answer")])
def test_what_kafka_does_not_have_is_said(
    kafka: KafkaBroker, topic: str, port: int | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_kafka, "_ANSWER_SECONDS", 3.0)
    recorder = recorder_of(Heard(), f"127.0.0.1:{port}" if port else kafka.bootstrap, topic)
    with pytest.raises(CannotStart, match=said):
        recorder.receive()


def recorder_of(heard: Heard, bootstrap: str, topic: str) -> KafkaRecorder:
    told: dict[str, Any] = {"kafka_bootstrap_servers": bootstrap, "kafka_topics": topic, "kafka_starting": "latest"}
    return KafkaRecorder(heard.parts(jobname="monday", source="kafka", max_event_bytes=1_000, **told))


def values(heard: Heard) -> list[bytes | None]:
    return [each.value for each in heard.events if isinstance(each, Message)]
