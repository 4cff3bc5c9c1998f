"""MongoDB with TLS and a login: both of the job's clients, pymongo and Spark's connector, and what is said if not."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo.errors import OperationFailure

from errors import CannotStart
from ledger.database import connect, reach
from ledger.described import ensure_described
from ledger.indexes import ensure_indexes
from tests.integration.doctored import Doctor
from tests.integration.jobs import job, manage, message, run
from tests.integration.lines_peer import LinesPeer
from tests.servers.certificates import make_certificates
from tests.servers.secure_mongodb import PASSWORD, SecureMongo, secure_mongodb

JOB = ("--jobname", "demo", "--source", "socket", "--available-now", "--idle-seconds", "2")
WRONG = "wr0ng-s3cret"
REFUSALS = {
    "password": ("refused the login", "CASESTREAM_MONGODB_URI"),
    "login": ("refused the login", "CASESTREAM_MONGODB_URI"),
    "authority": ("an authority that is not trusted", "--mongodb-ca-file"),
    "list of its own": ("an authority that is not trusted", "--mongodb-ca-file"),
    "plain text": ("speaks TLS, and the job was told to speak plain text", "tls=true", "CASESTREAM_MONGODB_URI"),
    "name": ("a certificate of another name", "CASESTREAM_MONGODB_URI"),
}


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureMongo]:
    """A server that asks for TLS and a login."""
    with secure_mongodb(tmp_path_factory.mktemp("secured")) as server:
        yield server


@pytest.fixture
def mistakes(tmp_path: Path, secured: SecureMongo) -> dict[str, tuple[str, str | None]]:
    """A URI and a file of authorities that do not fit, by what is wrong."""
    ca = str(secured.certificates.ca)
    return {
        "password": (secured.uri(password=WRONG), ca),
        "login": (secured.uri(password=""), ca),
        "authority": (secured.uri(), str(make_certificates(tmp_path / "other").ca)),
        "list of its own": (secured.uri(), None),
        "plain text": (secured.uri(password=WRONG, tls=False), None),
        "name": (secured.uri().replace("127.0.0.1", "127.1"), ca),
    }


@pytest.mark.parametrize("mistake", REFUSALS)
def test_a_server_that_refuses_is_no_start_at_once_and_the_setting_to_correct_is_named(
    secured: SecureMongo, mistakes: dict[str, tuple[str, str | None]], mistake: str
) -> None:
    uri, ca_file = mistakes[mistake]
    database = connect(uri, "test", ca_file)
    with database.client, pytest.raises(CannotStart) as raised:
        reach(database)
    said = str(raised.value)
    assert all(piece in said for piece in (*REFUSALS[mistake], f":{secured.port}"))
    assert "\n" not in said
    assert WRONG not in said
    assert PASSWORD not in said


def stored_over_tls(folder: Path, secured: SecureMongo, name: str) -> dict[str, str]:
    """Run a job of that name over two posts and an event that is none; the settings that it was given."""
    given = {"mongodb_uri": secured.uri(), "mongodb_ca_file": str(secured.certificates.ca)}
    with LinesPeer() as peer:
        command = ("--jobname", name, *JOB[2:], "--socket-port", peer.port)
        with job(folder, *command, **given, count_url="http://127.0.0.1:1/") as running:
            peer.send(b'one\ntwo\n{"no": "post"}\n')
            peer.hang_up()
            assert running.end() == 0, running.errors
    assert PASSWORD not in "\n".join([*running.errors, (folder / f".data/{name}/spark.log").read_text()])
    assert not [line for line in running.errors if "not made" in line]
    return given


def test_the_role_of_a_job_is_enough_for_it_over_tls(data_folder: Path, secured: SecureMongo) -> None:
    given = stored_over_tls(data_folder, secured, "demo")
    shown = manage(data_folder, "show", "--jobname", "demo", **given)
    assert shown.returncode == 0, shown.stderr
    assert '"text": "two"' in shown.stdout
    analyst = connect(secured.uri(user="analyst"), "casestream", str(secured.certificates.ca))
    with analyst.client:
        assert sorted(row["text"] for row in analyst["posts"].find({"job": "demo"})) == ["one", "two"]
        assert [row["content"] for row in analyst["texts"].find({"job": "demo"})] == [["one", "two"]]


@pytest.mark.slow
def test_the_role_of_a_job_is_enough_for_the_operators_commands_over_tls(
    data_folder: Path, secured: SecureMongo
) -> None:
    given = stored_over_tls(data_folder, secured, "operated")
    for command in (("verify",), ("check",), ("requeue", "--yes")):
        done = manage(data_folder, *command, "--jobname", "operated", **given)
        assert done.returncode == 0, done.stderr
    stop = manage(data_folder, "stop", "--jobname", "operated", **given)
    assert "not authorized" not in stop.stderr


def test_the_role_of_an_analyst_reads_and_writes_nothing_and_a_job_s_does_not_drop(secured: SecureMongo) -> None:
    analyst = connect(secured.uri(user="analyst"), "casestream", str(secured.certificates.ca))
    with analyst.client:
        assert reach(analyst) is None
        analyst.list_collection_names()
        with pytest.raises(OperationFailure, match="not authorized"):
            analyst["leases"].insert_one({"_id": "mine"})
    own = connect(secured.uri(), "casestream", str(secured.certificates.ca))
    with own.client:
        with pytest.raises(OperationFailure, match="not authorized"):
            own.drop_collection("micro_batches")
        with pytest.raises(OperationFailure, match="not authorized"):
            own.client["other"]["posts"].find_one()


def test_a_role_of_before_there_were_views_is_one_warning_that_names_the_missing_rights(
    secured: SecureMongo, caplog: pytest.LogCaptureFixture
) -> None:
    own = connect(secured.uri(user="former_job"), "casestream", str(secured.certificates.ca))
    with own.client:
        ensure_indexes(own)
        ensure_described(own)
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert all(right in warning for right in ("listCollections", "createCollection", "collMod", "roles.json"))
    assert PASSWORD not in warning


def test_an_analyst_s_export_is_written_and_says_that_forget_will_not_know_of_it(
    secured: SecureMongo, data_folder: Path
) -> None:
    given = {
        "mongodb_uri": secured.uri(user="analyst"),
        "mongodb_ca_file": str(secured.certificates.ca),
        "database": "casestream",
    }
    done = manage(data_folder, "export", "--to", "out", **given)
    assert done.returncode == 0, done.stderr
    (said,) = [line for line in done.stderr.splitlines() if "not recorded" in line]
    assert "manage.py forget will not know of" in said
    assert (data_folder / "out" / "_manifest.json").exists()


@pytest.mark.slow
def test_a_job_whose_password_was_changed_ends_with_code_3_and_goes_on_with_the_new_one(
    data_folder: Path,
    secured: SecureMongo,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    doctor, given = Doctor(monkeypatch, capsys), {"mongodb_ca_file": str(secured.certificates.ca)}
    given |= {"count_provider": "none"}
    former, new = {**given, "mongodb_uri": secured.uri()}, {**given, "mongodb_uri": secured.uri(password=WRONG)}
    with LinesPeer() as peer:
        command = ("--jobname", "rotated", *JOB[2:], "--socket-port", peer.port)
        secured.change_password(WRONG)
        try:
            code, errors = run(data_folder, *command, **former)
            assert (code, "refused the login" in errors[-1]) == (3, True), errors
            told = doctor.run(*command, **former, secrets=(PASSWORD, WRONG))
            told.only("mongodb", "refused the login", "Correct the user and password in CASESTREAM_MONGODB_URI")
            assert doctor.run(*command, **new, secrets=(PASSWORD, WRONG)).code == 0
            for _ in range(4):  # to the doctor, who has hung up
                peer.send(b"")
                peer.hang_up()
            with job(data_folder, *command, **new) as running:
                peer.send(b"stored\n")
                peer.hang_up()
                assert running.end() == 0, running.errors
        finally:
            secured.change_password(PASSWORD)
    shown = manage(data_folder, "show", "--jobname", "rotated", **former)
    assert '"text": "stored"' in shown.stdout, shown.stderr


@pytest.mark.slow
def test_a_job_that_the_server_refuses_ends_with_code_3_and_one_line(
    data_folder: Path, mistakes: dict[str, tuple[str, str | None]]
) -> None:
    uri, ca_file = mistakes["authority"]
    code, errors = run(data_folder, *JOB, mongodb_uri=uri, mongodb_ca_file=str(ca_file))
    assert code == 3
    assert [line for line in errors if "ended by an error" in message(line)] == errors[-1:]
    assert all(piece in message(errors[-1]) for piece in REFUSALS["authority"])
    everything = "\n".join([*errors, (data_folder / ".data/demo/spark.log").read_text()])
    assert not any(word in everything for word in ("Traceback", WRONG, PASSWORD))
