"""`manage.py status` says of every job what its lease, ledger, coverage and dead letters say, and asks no more."""

import io
import json
import os
import pty
import re
import select
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import MongoClient, monitoring
from rich.console import Console

from casestream.job_names import job_names
from ledger.indexes import ensure_indexes
from operations.standing.lines import line
from operations.standing.reading import read
from operations.standing.table import table
from tests.conftest import Documents
from tests.filled import BEGIN, Filling, asked, fill, gap
from tests.integration.in_process import Commands
from tests.integration.jobs import ROOT, environment

MINUTE = timedelta(minutes=1)
PAGE = ROOT / "docs" / "status.md"


@pytest.fixture
def manage(
    mongodb_uri: str, database: Documents, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Commands:
    return Commands(mongodb_uri, database, monkeypatch, capsys)


def now() -> datetime:
    return datetime.now(UTC)


def store(
    database: Documents,
    job: str = "covid",
    lease: dict[str, Any] | None = None,
    batches: int = 6,
    dead_letters: int = 0,
    source: str = "kafka",
) -> None:
    """Batches of ten posts that end now, of a job that runs."""
    begin = now() - timedelta(seconds=20 * batches)
    fill(database, Filling(job, source, f"query-of-{job}", batches, 10, dead_letters, begin=begin))
    held = {"state": "held", "heartbeat": now(), "since": now() - 60 * MINUTE, "epoch": 2, **(lease or {})}
    database["leases"].update_one({"_id": job}, {"$set": held})


def told(manage: Commands, *arguments: str) -> dict[str, dict[str, Any]]:
    """By job, what `--json` says."""
    (line,) = manage.done("status", "--json", *arguments)
    return {each["job"]: each for each in json.loads(line)["jobs"]}


def test_a_job_s_state_is_told_by_its_lease_and_by_what_it_stores(database: Documents, manage: Commands) -> None:
    store(database, "runs")
    store(database, "ends", {"stop_requested": True})
    store(database, "stopped", {"state": "released"})
    store(database, "dead", {"heartbeat": now() - 31 * timedelta(seconds=1), "last_alive": BEGIN})
    store(database, "taken-for-dead", {"state": "expired"})
    store(database, "deaf", source="socket")
    gap(database, "deaf", "socket", now() - 3 * MINUTE, None)
    store(database, "stuck")
    taken_back = {"state": "planned", "committed_at": None, "planned_at": now() - 3 * MINUTE}
    database["batches"].update_one({"job": "stuck", "batch_id": 5}, {"$set": taken_back})
    store(database, "bare")
    database["leases"].delete_one({"_id": "bare"})
    found = told(manage)
    assert {job: each["state"] for job, each in found.items()} == {
        "bare": "no lease",
        "dead": "dead",
        "deaf": "stands still",
        "ends": "stopping",
        "runs": "running",
        "stopped": "stopped",
        "stuck": "stands still",
        "taken-for-dead": "dead",
    }
    assert [job for job, each in found.items() if each["is_failure"]] == ["dead", "deaf", "stuck", "taken-for-dead"]
    assert "the peer hung up" in found["deaf"]["attention"][0]
    assert "batch 5" in found["stuck"]["attention"][0]
    assert found["runs"]["attention"] == []


def test_what_was_left_before_its_start_is_not_held_against_a_job_that_has_just_been_started(
    database: Documents, manage: Commands
) -> None:
    restarted = {"since": now() - MINUTE / 2}
    for job in ("deaf", "stuck", "quiet", "new"):
        begin = now() - timedelta(hours=1)
        fill(database, Filling(job, "socket", f"query-of-{job}", 6 if job != "new" else 0, 10, begin=begin))
        held = {"state": "held", "heartbeat": now(), **restarted}
        database["leases"].update_one({"_id": job}, {"$set": held})
    gap(database, "deaf", "socket", now() - 50 * MINUTE, None)
    planned = {"state": "planned", "committed_at": None, "planned_at": now() - 58 * MINUTE}
    database["batches"].update_one({"job": "stuck", "batch_id": 5}, {"$set": planned})
    assert {job: (each["state"], each["attention"]) for job, each in told(manage).items()} == dict.fromkeys(
        ("deaf", "new", "quiet", "stuck"), ("running", [])
    )
    database["leases"].update_many({}, {"$set": {"since": now() - 3 * MINUTE}})
    found = told(manage)
    assert {job: each["state"] for job, each in found.items()} == {
        "deaf": "stands still", "new": "running", "quiet": "running", "stuck": "stands still",
    }  # fmt: skip
    assert found["deaf"]["attention"][0].startswith("stands still for 50 min: the feed has not been heard since then")
    assert found["stuck"]["attention"][0].startswith("stands still for 58 min: batch 5 was begun then")
    assert found["quiet"]["attention"][0].startswith("no batch for 58 min, usually one every 20 s: ")
    assert found["new"]["attention"][0].startswith("no batch yet, 3 min after its start: ")


def test_check_fails_where_a_job_that_should_run_does_not(database: Documents, manage: Commands) -> None:
    store(database, "runs")
    store(database, "ended", {"state": "released"})
    assert manage.run("status", "--check").code == 0
    alive = manage.run("status", "--check", "--jobname", "runs")
    assert alive.code == 0
    assert "should there be no further heartbeat" in alive.stdout
    named = manage.run("status", "--check", "--jobname", "ended")
    assert (named.code, named.stderr.splitlines()[-1]) == (1, "not running: ended (stopped)")
    store(database, "dead", {"heartbeat": now() - MINUTE, "last_alive": BEGIN})
    ended = manage.run("status", "--check")
    assert (ended.code, ended.stderr.splitlines()[-1]) == (1, "not running: dead (dead)")
    assert "the next start takes it over" in manage.run("status", "--jobname", "dead").stdout


def test_json_says_what_was_stored_and_its_fields_are_in_the_docs(database: Documents, manage: Commands) -> None:
    store(database, dead_letters=3, batches=3)
    begin = now() - 50 * MINUTE
    gap(database, "covid", "kafka", begin, begin + MINUTE)
    asked(database, "query-of-covid:2", "posts/0/99", "1", now())
    (found,) = told(manage).values()
    entry = database["batches"].find_one({"batch_id": 2})
    assert entry is not None
    assert (found["last_batch"]["batch_id"], found["last_batch"]["posts"]) == (2, 10)
    assert datetime.fromisoformat(found["last_batch"]["committed_at"]) == entry["committed_at"]
    assert (found["rate"]["posts"], found["rate"]["posts_per_minute"]) == (30, 3.0)
    assert (found["gaps"]["number"], found["gaps"]["lost_seconds"]) == (1, 60)
    assert found["dead_letters"]["number"] == 9
    assert {each["problem"]: each["number"] for each in found["dead_letters"]["reasons"]} == {
        "not_utf8": 3, "not_a_post": 3, "not_json": 3,
    }  # fmt: skip
    assert (found["case_count"]["total"], found["case_count"]["flags"]) == (704_753_890, ["stale"])
    assert (found["removals_waiting"], found["lease"]["pid"]) == (1, 1)
    documented = set(re.findall(r"`([a-z_]+)`", PAGE.read_text()))
    assert names_in(found) <= documented


def names_in(value: object) -> set[str]:
    if isinstance(value, list):
        return {name for each in value for name in names_in(each)}
    return (
        set(value) | {name for each in value.values() for name in names_in(each)} if isinstance(value, dict) else set()
    )


def test_dead_letters_that_were_not_looked_at_are_told_of(
    database: Documents, manage: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(database, dead_letters=3, batches=3)
    whole = [line.strip() for line in manage.done("status", "--jobname", "covid") if "wait for a requeue" in line]
    assert sorted(line.partition(",")[0] for line in whole) == ["not_a_post: 3", "not_json: 3", "not_utf8: 3"]
    assert all(line.endswith("ago") for line in whole)
    monkeypatch.setattr("operations.standing.reading.MOST_LETTERS", 4)
    some = [line.strip() for line in manage.done("status", "--jobname", "covid") if "wait for a requeue" in line]
    found = [re.fullmatch(r"not_\w+: (\d)\+, \1\+ wait for a requeue", line) for line in some]
    assert sum(int(each[1]) for each in found if each) == 4
    assert all(found)


def test_minutes_that_nobody_listened_in_are_not_counted_as_quiet_ones(database: Documents, manage: Commands) -> None:
    store(database, batches=6)
    gap(database, "covid", "kafka", now() - 9 * MINUTE, now() - 5 * MINUTE)
    rate = told(manage)["covid"]["rate"]
    assert rate["posts"] == 60
    assert rate["heard_minutes"] == pytest.approx(6, abs=0.01)
    assert rate["posts_per_minute"] == pytest.approx(10, abs=0.02)
    assert "* of less than 10 min" in "\n".join(manage.done("status"))


def test_a_database_without_jobs_says_what_to_type(manage: Commands, database: Documents) -> None:
    assert "no job yet" in manage.done("status")[0]
    assert json.loads(manage.done("status", "--json")[0])["jobs"] == []
    nobody = manage.run("status", "--jobname", "nobody")
    assert (nobody.code, nobody.stderr.splitlines()[-1]) == (
        3, f"the database {database.name} knows no job of the name nobody: it holds nothing of any job",
    )  # fmt: skip


def test_a_database_that_is_away_is_one_line(manage: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASESTREAM_MONGODB_URI", "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=200")
    monkeypatch.setattr("ledger.database._SELECTION_MILLISECONDS", 200)
    ended = manage.run("status", "--check")
    assert (ended.code, ended.stdout) == (3, "")
    assert re.fullmatch(r"MongoDB cannot be reached: .*\n", ended.stderr)


def test_no_line_is_wider_than_the_terminal(database: Documents) -> None:
    store(database, "a-name-that-is-longer-than-anybody-would-choose-for-a-job", source="my_sources:Telegrams")
    store(database, "deaf", source="socket", dead_letters=3, batches=2)
    gap(database, "deaf", "socket", now() - 30 * MINUTE, None)
    at = now()
    standings = [read(database, job, at, 10) for job in job_names(database)]
    headings = {}
    for width in (30, 44, 80, 120, 160, 200):
        console = Console(width=width, file=io.StringIO(), record=True)
        console.print(table("casestream", at, standings, console))
        shown = console.export_text().splitlines()
        assert max(map(len, shown)) <= width
        assert "".join(shown).count("…") == 1  # of the long name: nothing else is cut off
        assert width < 44 or any(each.startswith("deaf") and "stands still 30 min" in each for each in shown)
        headings[width] = next(re.split(r"  +", each.strip()) for each in shown if each.startswith("job "))
    assert headings[30] == headings[44] == ["job", "state"]
    assert headings[80] == ["job", "state", "stored", "lag", "posts/min", "dead"]
    assert "case count" in headings[160]
    assert headings[200][-1] == "holder"


def test_what_a_peer_or_a_path_says_is_shown_as_it_is_and_the_terminal_does_not_obey_it(
    database: Documents, manage: Commands
) -> None:
    store(database, "deaf", {"checkpoint": "hdfs://name/[bold]/deaf", "host": "host[/]"}, source="socket")
    gap(database, "deaf", "socket", now() - 30 * MINUTE, None)
    database["coverage"].update_one({"job": "deaf"}, {"$set": {"cause": "no [/path]\n:smile: \x1b[31m"}})
    detail = "\n".join(manage.done("status", "--jobname", "deaf"))
    assert "hdfs://name/[bold]/deaf" in detail
    assert "host[/], pid" in detail
    assert "no [/path] :smile:  [31m" in detail
    whole = "\n".join(manage.done("status"))
    assert "host[/] 1" in whole
    assert "deaf: stands still for 30 min: the feed has not been heard since then: no [/path] :smile:" in whole
    standing = read(database, "deaf", now(), 10)
    assert line(standing).splitlines() == [line(standing)]
    assert "\x1b" not in detail + whole + line(standing)


class Heard(monitoring.CommandListener):
    """What a client asks a server."""

    def __init__(self) -> None:
        self.commands: list[tuple[str, str]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.commands.append((event.command_name, str(event.command.get(event.command_name))))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


def test_no_document_of_posts_is_read(mongodb_uri: str, database: Documents) -> None:
    store(database, dead_letters=3)
    heard = Heard()
    with MongoClient[dict[str, Any]](mongodb_uri, event_listeners=[heard], tz_aware=True) as client:
        other = client[database.name]
        assert [read(other, job, now(), 10).job for job in job_names(other)] == ["covid"]
    assert ("find", "batches") in heard.commands
    assert not [command for command in heard.commands if command[0] == "distinct" or command[1] == "micro_batches"]


def test_jobs_without_a_lease_are_found_between_those_that_have_one(database: Documents) -> None:
    ensure_indexes(database)
    for job in ("a", "b", "d", "f", "g"):
        store(database, job, batches=1)
    database["leases"].delete_many({"_id": {"$in": ["a", "b", "f", "g"]}})
    database["leases"].insert_many([{"_id": "requeue:d"}, {"_id": "forget:all"}])
    gap(database, "c", "socket", BEGIN, None)
    assert job_names(database) == ["a", "b", "d", "f", "g"]
    assert job_names(database, ("batches", "coverage")) == ["a", "b", "c", "d", "f", "g"]


def test_a_terminal_that_knows_few_letters_is_shown_what_it_knows(mongodb_uri: str, database: Documents) -> None:
    store(database, batches=0)
    settings = environment({"mongodb_uri": mongodb_uri, "database": database.name})
    arguments = [sys.executable, "manage.py", "status"]
    shown = subprocess.check_output(arguments, cwd=ROOT, env=settings | {"PYTHONIOENCODING": "latin-1"}, timeout=60)
    assert b"covid" in shown
    assert b"?" in shown


def test_a_reader_that_has_seen_enough_is_no_error(mongodb_uri: str, database: Documents) -> None:
    store(database)
    reader, writer = os.pipe()
    os.close(reader)
    settings = environment({"mongodb_uri": mongodb_uri, "database": database.name})
    arguments = [sys.executable, "manage.py", "status"]
    with os.fdopen(writer) as output:
        ended = subprocess.run(arguments, stdout=output, stderr=subprocess.PIPE, cwd=ROOT, env=settings, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_watching_refreshes_in_place_and_ends_well_with_ctrl_c(mongodb_uri: str, database: Documents) -> None:
    store(database)
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(ROOT)
        settings = {"mongodb_uri": mongodb_uri, "database": database.name}
        arguments = [sys.executable, "manage.py", "status", "--watch", "--every", "1"]
        os.execve(sys.executable, arguments, {**environment(settings), "COLUMNS": "100", "TERM": "xterm"})
    shown = b""
    while shown.count(b"covid") < 2:
        assert select.select([terminal], [], [], 30)[0], shown.decode()
        shown += os.read(terminal, 65_536)
    os.write(terminal, b"\x03")
    try:
        while more := os.read(terminal, 65_536):
            shown += more
    except OSError:  # the terminal is closed with its last process
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    assert b"\x1b[1A" in shown  # the second reading is written over the first
    assert b"Traceback" not in shown
