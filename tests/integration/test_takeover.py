"""A job that is started while another of its name is silent: when it begins, and what the other may still do."""

import json
import os
import signal
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import Documents
from tests.integration.crash_checks import assert_each_is_stored_once, assert_ledger_is_complete, is_settled
from tests.integration.crash_events import MAX_EVENT_BYTES, of_lines
from tests.integration.crash_points import Point
from tests.integration.crash_scenarios import KafkaScenario
from tests.integration.held_jobs import held_job, wait_until
from tests.integration.jobs import job, message
from tests.integration.stored import raw
from tests.servers.count_page import CountPage
from tests.servers.kafka import KafkaBroker

COLLECTIONS = ("micro_batches", "dead_letters", "batches", "leases")
PERIOD = timedelta(seconds=5)
COVID = ("--jobname", "covid", "--source", "kafka", "--trigger-seconds", "1")
EVENTS = [of_lines(number) for number in range(60)]


@pytest.fixture
def scenario(kafka: KafkaBroker) -> KafkaScenario:
    return KafkaScenario(kafka)


@pytest.fixture
def covid(settings: dict[str, str], scenario: KafkaScenario) -> dict[str, str]:
    """What the job is told; its lease lasts a second."""
    return {**settings, "max_event_bytes": str(MAX_EVENT_BYTES), **scenario.settings}


@pytest.mark.faults
@pytest.mark.parametrize("point", [Point.MEASURED, Point.PLANNED, Point.STORED])
def test_a_holder_that_was_replaced_stops_before_its_next_write(
    data_folder: Path,
    scenario: KafkaScenario,
    covid: dict[str, str],
    page: CountPage,
    database: Documents,
    point: Point,
) -> None:
    home = data_folder / ".data/covid"
    with held_job(data_folder, COVID, covid, point) as held:
        held.arm()
        scenario.send(EVENTS)
        held.wait_for_the_point()
        held.signal(signal.SIGSTOP)
        page.number += 1
        with job(data_folder, *COVID, **covid) as running:
            wait_until(running, lambda: is_settled(database, home, len(EVENTS)))
            running.signal(signal.SIGTERM)
            assert running.end() == 0, running.errors
        assert_each_is_stored_once(database, EVENTS)
        assert_ledger_is_complete(database)
        database["micro_batches"].delete_many({})  # a write of the replaced one would put some of them back
        database["dead_letters"].delete_many({})
        before = {name: raw(database, name) for name in COLLECTIONS}
        held.go_on()
        held.signal(signal.SIGCONT)
        assert held.end() == 1, held.errors
        assert "another process has taken over the job covid" in held.errors[-1]
        assert {name: raw(database, name) for name in COLLECTIONS} == before


@pytest.mark.faults
def test_a_plan_of_a_holder_that_was_replaced_does_not_take_the_place_of_one_that_is_not_committed_yet(
    data_folder: Path, scenario: KafkaScenario, covid: dict[str, str], page: CountPage, database: Documents
) -> None:
    home = data_folder / ".data/covid"
    with held_job(data_folder, COVID, covid, Point.MEASURED) as replaced:
        replaced.arm()
        scenario.send(EVENTS)
        replaced.wait_for_the_point()
        replaced.signal(signal.SIGSTOP)
        page.number += 1
        with held_job(data_folder, COVID, covid, Point.PLANNED) as holder:
            holder.arm()
            holder.wait_for_the_point()
            before = raw(database, "batches")
            assert database["batches"].count_documents({"state": "planned", "epoch": 2}) == len(before) == 1
            replaced.go_on()
            replaced.signal(signal.SIGCONT)
            assert replaced.end() == 1, replaced.errors
            assert "another process has taken over the job covid" in replaced.errors[-1]
            assert raw(database, "batches") == before
            holder.go_on()
            wait_until(holder, lambda: is_settled(database, home, len(EVENTS)))
            holder.signal(signal.SIGTERM)
            assert holder.end() == 0, holder.errors
    assert_each_is_stored_once(database, EVENTS)
    assert_ledger_is_complete(database)
    assert set(database["micro_batches"].distinct("total_case_count")) == {page.number}


@pytest.mark.faults
def test_a_start_after_a_kill_waits_for_one_period_of_the_dead_jobs_lease(
    data_folder: Path, mongodb_uri: str, database: Documents
) -> None:
    arguments = ("--jobname", "covid", "--source", "socket", "--socket-port", "1")
    settings = {"mongodb_uri": mongodb_uri, "database": database.name, "count_url": "http://127.0.0.1:1/"}
    settings["lease_seconds"] = str(PERIOD.total_seconds())

    def epoch() -> int:
        lease = database["leases"].find_one()
        return int(lease["epoch"]) if lease else 0

    with held_job(data_folder, arguments, settings, Point.LOGGED) as held:
        wait_until(held, lambda: epoch() == 1)
        held.die()
    dead = database["leases"].find_one()
    assert dead is not None
    with job(data_folder, *arguments, **settings) as running:
        said = running.read_until(lambda line: "waiting to see whether the job still runs" in message(line))
        assert f"seconds={PERIOD.total_seconds():g} " in message(said)
        wait_until(running, lambda: epoch() == 2)
        taken = database["leases"].find_one()
        os.killpg(running.process.pid, signal.SIGKILL)
    assert taken is not None
    began = datetime.fromisoformat(json.loads(said)["time"])
    assert taken["heartbeat"] - dead["heartbeat"] >= PERIOD
    assert PERIOD <= taken["heartbeat"] - began < 2 * PERIOD
    assert sum("waiting to see" in line for line in running.errors) == 1
