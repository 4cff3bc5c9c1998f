"""What the last good count promises, against a real MongoDB-compatible server that is stopped in its tracks."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bson import Int64
from pymongo import MongoClient
from pymongo.database import Database

from cache.last_good import COLLECTION, LastGood
from case_count import Reading, Standing

AS_OF = datetime(2024, 4, 13, 1, 0, tzinfo=UTC)
FETCHED_AT = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
SINCE = datetime(2025, 12, 31, 1, 2, 3, 4000, tzinfo=UTC)
FIRST = Standing(Reading(704_753_890, AS_OF, FETCHED_AT), SINCE, 704_753_889)
SECOND = Standing(Reading(704_753_891, None, FETCHED_AT), SINCE)
THIRD = Standing(Reading(704_753_892, AS_OF, FETCHED_AT), SINCE, 0)
AMPLE_SECONDS = 60.0
SHORT_SECONDS = 0.2

Server = tuple[subprocess.Popen[str], str]
Documents = Database[dict[str, Any]]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    daemon = Path(sys.executable).with_name("secantusd-py")
    command = [str(daemon), "--host", "127.0.0.1", "--port", "0", "--storage-path", ":memory:"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        address = next(found[1] for line in process.stderr if (found := re.search(r"listening on (\S+)", line)))
        yield process, f"mongodb://{address}/?directConnection=true"
        process.send_signal(signal.SIGCONT)
        process.terminate()


@pytest.fixture
def database(server: Server) -> Iterator[Documents]:
    client: MongoClient[dict[str, Any]] = MongoClient(server[1], tz_aware=False)
    with client:
        client.casestream[COLLECTION].delete_many({})
        yield client.casestream


@contextmanager
def frozen(server: Server) -> Iterator[None]:
    process, _ = server
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line.getMessage() for line in caplog.records if line.levelname == "WARNING"]


def test_nothing_is_known_of_a_provider_that_was_never_read(database: Documents) -> None:
    assert LastGood(database).get("worldometers") is None


@pytest.mark.parametrize("standing", [FIRST, SECOND, THIRD])
def test_how_a_number_stands_outlives_the_process_with_its_times_in_utc(
    database: Documents, standing: Standing
) -> None:
    LastGood(database).put("worldometers", standing)
    restored = LastGood(database).get("worldometers")
    assert restored == standing
    assert restored is not None
    assert (restored.reading.fetched_at.tzinfo, restored.since.tzinfo) == (UTC, UTC)


def test_a_number_of_an_earlier_version_is_known_since_it_was_fetched_and_followed_none(database: Documents) -> None:
    database[COLLECTION].insert_one({"_id": "worldometers", "value": 5, "as_of": AS_OF, "fetched_at": FETCHED_AT})
    assert LastGood(database).get("worldometers") == Standing(Reading(5, AS_OF, FETCHED_AT), FETCHED_AT, None)


def test_the_document_has_the_fields_and_types_of_the_contract(database: Documents) -> None:
    LastGood(database).put("worldometers", FIRST)
    document = database[COLLECTION].find_one()
    assert document == {
        "_id": "worldometers",
        "value": FIRST.reading.value,
        "as_of": AS_OF.replace(tzinfo=None),
        "fetched_at": FETCHED_AT.replace(tzinfo=None),
        "since": SINCE.replace(tzinfo=None),
        "before": FIRST.before,
    }
    assert {type(document[name]) for name in ("value", "before")} == {Int64}


def test_a_later_reading_replaces_the_one_before_and_other_providers_keep_theirs(database: Documents) -> None:
    last_good = LastGood(database)
    last_good.put("worldometers", FIRST)
    last_good.put("another", FIRST)
    last_good.put("worldometers", SECOND)
    assert [LastGood(database).get(name) for name in ("worldometers", "another")] == [SECOND, FIRST]


def test_memory_is_asked_before_the_database(database: Documents) -> None:
    last_good = LastGood(database)
    last_good.put("worldometers", FIRST)
    database[COLLECTION].delete_many({})
    assert last_good.get("worldometers") == FIRST


def test_a_number_found_in_the_database_is_kept_in_memory(database: Documents) -> None:
    LastGood(database).put("worldometers", FIRST)
    last_good = LastGood(database)
    assert last_good.get("worldometers") == FIRST
    database[COLLECTION].delete_many({})
    assert last_good.get("worldometers") == FIRST


def test_a_database_that_hangs_costs_one_warning_and_the_next_put_makes_it_good(
    server: Server, database: Documents, caplog: pytest.LogCaptureFixture
) -> None:
    last_good = LastGood(database, timeout_seconds=SHORT_SECONDS)
    with frozen(server):
        last_good.put("worldometers", FIRST)
        last_good.put("worldometers", SECOND)
        assert last_good.get("worldometers") == SECOND
        assert last_good.get("another") is None
    assert [line.split(" reason=")[0] for line in warnings(caplog)] == [
        "last good case count is in memory only collection=case_counts"
    ]
    while LastGood(database, timeout_seconds=AMPLE_SECONDS).get("worldometers") != THIRD:
        last_good.put("worldometers", THIRD)


def test_a_refused_connection_is_no_error_of_the_caller(caplog: pytest.LogCaptureFixture) -> None:
    client: MongoClient[dict[str, Any]] = MongoClient("127.0.0.1", 1)
    with client:
        last_good = LastGood(client.casestream, timeout_seconds=SHORT_SECONDS)
        assert last_good.get("worldometers") is None
        last_good.put("worldometers", FIRST)
        assert last_good.get("worldometers") == FIRST
    assert len(warnings(caplog)) == 1


@pytest.mark.parametrize(
    "fields", [{}, {"value": "many", "fetched_at": FETCHED_AT}, {"value": -1, "fetched_at": FETCHED_AT}, {"value": 5}]
)
def test_a_damaged_document_counts_as_none_and_is_warned_of(
    database: Documents, caplog: pytest.LogCaptureFixture, fields: dict[str, Any]
) -> None:
    database[COLLECTION].insert_one({"_id": "worldometers", **fields})
    assert LastGood(database).get("worldometers") is None
    assert "last good case count is damaged" in warnings(caplog)[0]
