"""A TCP feed to MongoDB: a real peer, main.py as a process, documents read back with pymongo."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import Documents
from tests.filled import Filling, fill
from tests.integration.doctored import Doctor
from tests.integration.in_process import Commands
from tests.integration.jobs import ROOT, is_committed, job, manage, message, run
from tests.integration.lines_peer import LinesPeer
from tests.integration.logged import events
from tests.integration.stored import not_as_described, posts, read_until_stored
from tests.servers.count_page import CountPage, Mode
from tests.servers.scrape import Endpoint

TWEETS = (ROOT / "demo/tweets.txt").read_bytes().splitlines()
JOB = ("--jobname", "demo", "--source", "socket", "--trigger-seconds", "1")


@pytest.fixture
def peer() -> Iterator[LinesPeer]:
    with LinesPeer() as listening:
        yield listening


def receiver_of(metrics: Endpoint) -> dict[str, float]:
    seen, names = metrics.scrape(), ("connected", "reconnects_total", "events_total", "gap_seconds")
    return {name: seen.value(f"casestream_receiver_{name}", source="socket") for name in names}


def ready_checks(metrics: Endpoint) -> set[str]:
    got = metrics.get("/readyz")
    assert got.status == 200, got.text
    return set(got.json["checks"])


def test_what_the_feed_tool_plays_is_stored_once_text_for_text(
    data_folder: Path, settings: dict[str, str], database: Documents
) -> None:
    feed = subprocess.Popen(
        [
            sys.executable,
            str(ROOT / "manage.py"),
            "feed",
            "--file",
            str(ROOT / "demo/tweets.txt"),
            "--rate",
            "0",
            "--port",
            "0",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert feed.stdout is not None
        port = feed.stdout.readline().strip().rsplit(":", 1)[-1]
        code, errors = run(data_folder, *JOB, "--available-now", "--socket-port", port, **settings)
        assert (code, feed.wait(60)) == (0, 0), errors
    finally:
        feed.kill()
        feed.wait()

    stored = posts(database)
    assert [post["raw_text"].encode() for post in sorted(stored, key=lambda post: str(post["origin"]))] == TWEETS
    assert len({post["id"] for post in stored}) == len(TWEETS)
    (entry,) = database["batches"].find()
    assert (entry["posts"], sum(each["lines"] for each in entry["offsets"])) == (len(TWEETS), len(TWEETS))
    assert entry["total_case_count"] == 704_753_890


def test_each_thing_that_can_happen_to_the_count_is_in_the_documents_while_the_stream_goes_on(
    data_folder: Path, settings: dict[str, str], database: Documents, page: CountPage, peer: LinesPeer
) -> None:
    happenings: list[tuple[Mode, int | None, str]] = [
        ("http_503", -1, "never"),
        ("ok", 704_753_890, "live"),
        ("http_503", 704_753_890, "cached"),
        ("hang", 704_753_890, "cached"),
        ("challenge", -1, "unparsed"),
        ("number_changed", None, "live"),
    ]
    limits = {"count_max_age_seconds": "0", "count_timeout_seconds": "2", "count_wait_seconds": "10"}
    with job(data_folder, *JOB, "--socket-port", peer.port, **settings, **limits) as running:
        for number, (mode, _, _) in enumerate(happenings):
            page.mode = mode
            asked = page.hits
            peer.send(b"post %d\n" % number)
            running.read_until(is_committed)
            assert page.hits > asked
        running.stop()

    documents = list(database["micro_batches"].find(sort=[("timestamp", 1)]))
    assert [post["text"] for document in documents for post in document["content"]] == [f"post {n}" for n in range(6)]
    for document, (_, total, status) in zip(documents, happenings, strict=True):
        assert document["case_count"]["status"] == status
        assert total is None or document["total_case_count"] == total
        known = status in ("live", "cached")
        assert (document["case_count"]["fetched_at"] is not None) == known
        assert document["case_count"]["flags"] == (["stale"] if known else [])


def test_the_job_goes_on_when_the_peer_hangs_up_and_coverage_says_when_nobody_listened(
    data_folder: Path, settings: dict[str, str], database: Documents, peer: LinesPeer
) -> None:
    with job(data_folder, *JOB, "--socket-port", peer.port, **settings, metrics_port="0") as running:
        metrics = Endpoint(
            message(running.read_until(lambda line: "metrics url=" in message(line))).partition("url=")[2]
        )
        peer.send(b"one\ntwo\nno line feed")
        read_until_stored(running, database, 2)
        assert receiver_of(metrics) == {"connected": 1, "reconnects_total": 0, "events_total": 2, "gap_seconds": 0}
        peer.hang_up()
        peer.send(b"three\n")
        read_until_stored(running, database, 4)
        assert peer.connections == 2
        while (seen := receiver_of(metrics))["reconnects_total"] == 0:  # it is looked at once a second
            pass
        assert seen == {"connected": 1, "reconnects_total": 1, "events_total": 4, "gap_seconds": 0}
        assert ready_checks(metrics) == {"query", "lease", "mongodb", "feed", "spool"}
        running.signal(signal.SIGINT)
        assert running.end() == 0
    assert [post["text"] for post in posts(database)] == ["one", "two", "no line feed", "three"]
    check_log(running.errors, data_folder, database)
    (gap,) = database["coverage"].find()
    assert gap["cause"] == "the peer closed the connection"
    assert gap["from"] < gap["to"]

    store_three_days_ago(database)
    with job(data_folder, *JOB, "--socket-port", peer.port, **settings, retention_days="2") as running:
        peer.hang_up()
        peer.send(b"four\n")
        running.read_until(is_committed)
        running.stop()
    # What was older than RETENTION_DAYS is gone, and its entries say so.
    assert [post["text"] for post in posts(database)] == ["one", "two", "no line feed", "three", "four"]
    assert database["batches"].count_documents({"source": "kafka", "expired_at": {"$ne": None}}) == 3
    assert [gap["cause"] for gap in database["coverage"].find(sort=[("from", 1)])][1] == "the job was stopped"
    assert not_as_described(database) == []


def check_log(lines: list[str], folder: Path, database: Documents) -> None:
    """Each line is an event with what it belongs to; Spark's own are JSON too, and none that comes with each write."""
    (query,) = database["batches"].distinct("query_id")
    said = events(lines, "demo", query)
    committed = [event for event in said if event["event"] == "batch committed"]
    assert [event["batch_id"] for event in committed] == sorted(database["batches"].distinct("batch_id"))
    assert sum(event["posts"] for event in committed) == 4
    assert said[-1] | {"time": ""} == {
        "time": "", "level": "info", "logger": "monitoring.progress", "event": "ended", "job": "demo",
        "query_id": query, "batches": len(committed), "posts": 4, "dead_letters": 0,
    }  # fmt: skip
    own = [json.loads(line) for line in (folder / ".data/demo/spark.log").read_text().splitlines()]
    assert {event["job"] for event in own} <= {"demo"}
    assert not [event for event in own if "duplicated key" in event["event"]]


def store_three_days_ago(database: Documents) -> None:
    """Three batches of the job, from when it read another source; its lease stays as it is."""
    lease = database["leases"].find_one({"_id": "demo"})
    assert lease is not None
    fill(database, Filling(job="demo", batches=3, begin=datetime.now(UTC) - timedelta(days=3)))
    database["leases"].replace_one({"_id": "demo"}, lease)
    assert len(posts(database)) > 4


def test_a_killed_job_stores_what_was_in_the_open_segment_once_also_on_another_machine(
    data_folder: Path,
    settings: dict[str, str],
    database: Documents,
    peer: LinesPeer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    slow = ("--jobname", "demo", "--source", "socket", "--trigger-seconds", "600")
    with job(data_folder, *slow, "--socket-port", peer.port, **settings) as running:
        running.read_until(lambda line: "feed connected" in message(line))
        peer.send(b"".join(b"line %d\n" % number for number in range(1_000)))
        spool = data_folder / ".data/demo/spool"
        while not any(each.stat().st_size > 26_000 for each in spool.glob(".*.open")):
            assert running.process.poll() is None
        running.signal(signal.SIGKILL)
        assert running.end() == -signal.SIGKILL
    assert database["micro_batches"].count_documents({}) == 0
    peer.hang_up()

    elsewhere = data_folder / "elsewhere"  # only the spool can still be read
    shutil.copytree(spool, elsewhere / ".data/demo/spool")
    shutil.rmtree(data_folder / ".data")
    monkeypatch.chdir(elsewhere)
    told = Doctor(monkeypatch, capsys).run(*JOB, "--socket-port", peer.port, **settings)
    assert "bytes wait of" in told.line("spool")
    assert "fresh" in told.line("checkpoint")
    peer.send(b"")  # to the doctor, who has hung up
    peer.hang_up()
    with job(elsewhere, *JOB, "--socket-port", peer.port, **settings) as running:
        peer.send(b"after\n")
        read_until_stored(running, database, 1_001)
        running.stop()
    assert sorted(post["text"] for post in posts(database)) == sorted(["after", *(f"line {n}" for n in range(1_000))])
    assert "the job died" in {gap["cause"] for gap in database["coverage"].find()}
    commands = Commands(settings["mongodb_uri"], database, monkeypatch, capsys)
    assert set(commands.notes()) == {"feed not heard"}


@pytest.mark.slow
def test_a_second_job_of_the_name_is_refused_and_manage_stops_the_first(
    data_folder: Path, settings: dict[str, str], database: Documents, peer: LinesPeer
) -> None:
    with job(data_folder, *JOB, "--socket-port", peer.port, **settings) as running:
        peer.send(b"one\n")
        running.read_until(is_committed)
        code, errors = run(data_folder, *JOB, "--socket-port", peer.port, **settings)
        assert code == 3
        assert "in use: job=demo" in errors[-1]

        shown = manage(
            data_folder, "status", "--jobname", "demo", **{n: settings[n] for n in ("mongodb_uri", "database")}
        )
        assert shown.returncode == 0
        assert f"pid {running.process.pid}" in shown.stdout.partition("held by ")[2]
        asked = manage(
            data_folder, "stop", "--jobname", "demo", **{n: settings[n] for n in ("mongodb_uri", "database")}
        )
        assert asked.returncode == 0, asked.stderr
        assert running.end() == 0
    assert database["leases"].find_one({}, {"state": 1, "_id": 0}) == {"state": "released"}
    missing = manage(data_folder, "stop", "--jobname", "demo", **{n: settings[n] for n in ("mongodb_uri", "database")})
    assert missing.returncode == 3


def test_without_settings_for_mongodb_the_embedded_server_keeps_the_posts(data_folder: Path, peer: LinesPeer) -> None:
    with job(data_folder, *JOB, "--socket-port", peer.port, count_url="http://127.0.0.1:1/") as running:
        peer.send(json.dumps({"text": "kept #here", "id": "1"}).encode() + b"\n")
        running.read_until(is_committed)
        running.stop()
    shown = manage(data_folder, "show", "--jobname", "demo")
    assert shown.returncode == 0, shown.stderr
    assert '"text": "kept here"' in shown.stdout
    assert '"status": "never"' in shown.stdout


@pytest.mark.slow
def test_a_secret_is_in_no_output(data_folder: Path, peer: LinesPeer) -> None:
    hidden = {
        "mongodb_uri": "mongodb://me:s3cr%25et@127.0.0.1:1/?serverSelectionTimeoutMS=100",
        "start_timeout_seconds": "0",
    }
    code, errors = run(data_folder, *JOB, "--socket-port", peer.port, **hidden)
    assert code == 3
    assert "127.0.0.1:1" in errors[-1]
    everything = "\n".join([*errors, (data_folder / ".data/demo/spark.log").read_text()])
    assert "s3cr%25et" not in everything
    assert "s3cr%et" not in everything


@pytest.mark.slow
def test_a_second_signal_ends_the_job_at_once_and_nothing_is_lost(
    data_folder: Path, settings: dict[str, str], database: Documents, peer: LinesPeer, page: CountPage
) -> None:
    page.mode = "hang"  # the batch in hand waits for the count
    waits = {"count_wait_seconds": "60", "count_timeout_seconds": "60"}
    with job(data_folder, *JOB, "--socket-port", peer.port, **settings, **waits) as running:
        peer.send(b"kept\n")
        running.read_until(lambda line: "processing and storing" in message(line))
        running.signal(signal.SIGTERM)
        running.signal(signal.SIGINT)
        assert running.end() in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    assert posts(database) == []
    page.mode = "ok"
    peer.hang_up()
    with job(data_folder, *JOB, "--socket-port", peer.port, **settings) as running:
        read_until_stored(running, database, 1)
        running.stop()
    assert [post["text"] for post in posts(database)] == ["kept"]


@pytest.mark.slow
def test_a_job_whose_jvm_was_killed_ends_says_so_and_goes_on_when_started_again(
    data_folder: Path, settings: dict[str, str], database: Documents, peer: LinesPeer
) -> None:
    with job(data_folder, *JOB, "--socket-port", peer.port, **settings) as running:
        peer.send(b"one\n")
        read_until_stored(running, database, 1)
        (jvm,) = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
        os.kill(int(jvm), signal.SIGKILL)
        peer.send(b"two\n")
        assert running.end() == 1
        assert "Spark itself has ended" in running.errors[-1]
        assert not any("Traceback" in line for line in running.errors), "\n".join(running.errors)
    peer.hang_up()
    with job(data_folder, *JOB, "--socket-port", peer.port, **settings) as running:
        peer.send(b"three\n")
        read_until_stored(running, database, 3)
        running.stop()
    assert sorted(post["text"] for post in posts(database)) == ["one", "three", "two"]
