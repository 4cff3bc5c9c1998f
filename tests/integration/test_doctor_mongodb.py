"""`manage.py doctor` and a MongoDB that is named wrongly, does not answer, or cannot be started."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.doctored import Doctor
from tests.servers.count_page import CountPage

_MARKS = {"✓": "ok", "!": "warning", "✗": "failed"}


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    return Doctor(monkeypatch, capsys)


@pytest.fixture
def healthy(data_folder: Path, settings: dict[str, str]) -> dict[str, str]:
    """Settings of a job of which everything is there."""
    folder = data_folder / "archive"
    folder.mkdir()
    given = {"jobname": "demo", "source": "files", "files_folder": str(folder)}
    return {**settings, **given, "count_provider": "none", "count_url": ""}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.database._SELECTION_MILLISECONDS", 300)
    monkeypatch.setattr("ledger.database._TLS_SECONDS", 0.1)


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield listener.getsockname()[1]


def test_a_database_that_is_new_is_said_to_be_so_as_one_by_a_wrong_name_would_be(
    doctor: Doctor, healthy: dict[str, str]
) -> None:
    told = doctor.run(**healthy)
    assert told.code == 0, told.lines
    assert told.line("mongodb").endswith(f"database {healthy['database']}, in which no job has run yet")


@pytest.mark.usefixtures("impatient")
def test_who_takes_connections_and_never_answers_is_named(doctor: Doctor, healthy: dict[str, str], silent: int) -> None:
    told = doctor.run(**{**healthy, "mongodb_uri": f"mongodb://127.0.0.1:{silent}"})
    told.only("mongodb", f"127.0.0.1:{silent}: no answer", "CASESTREAM_MONGODB_URI")


@pytest.mark.usefixtures("impatient")
def test_who_speaks_another_protocol_is_no_mongodb(doctor: Doctor, healthy: dict[str, str], page: CountPage) -> None:
    host = page.url.removeprefix("http://").partition("/")[0]
    told = doctor.run(**{**healthy, "mongodb_uri": f"mongodb://{host}"})
    told.only("mongodb", f"{host}: what answers there is no MongoDB", "CASESTREAM_MONGODB_URI")


def test_an_option_of_the_address_that_is_passed_over_is_a_warning_and_pymongo_prints_none(
    doctor: Doctor, healthy: dict[str, str], recwarn: pytest.WarningsRecorder
) -> None:
    told = doctor.run(**{**healthy, "mongodb_uri": f"{healthy['mongodb_uri']}&retrywrits=true"})
    assert (told.code, told.marked("warning")) == (0, ["mongodb"])
    first, second = told.lines["mongodb"]
    assert "an option of CASESTREAM_MONGODB_URI is passed over: Unknown option: retrywrits. To do: correct it" in first
    assert _MARKS[second[0]] == "ok"
    assert [each for each in recwarn if "retrywrits" in str(each.message)] == []


def test_data_of_the_embedded_server_that_this_user_cannot_use_are_a_failure(
    doctor: Doctor, healthy: dict[str, str], data_folder: Path
) -> None:
    (data_folder / ".data/mongodb/turn.lock").mkdir(parents=True)
    told = doctor.run(**{**healthy, "mongodb_uri": ""})
    told.only("mongodb", f"{data_folder}/.data/mongodb: Is a directory", "make that folder this user's")
