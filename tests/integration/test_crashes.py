"""main.py killed at every point of the way of an event: nothing is lost, nothing is stored twice.

`make test` kills each source at one point that a seed chooses, `make test-faults` at all of them.
"""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import Documents
from tests.integration.crash_checks import (
    Remains,
    assert_died_at,
    assert_each_is_stored_once,
    assert_ledger_is_complete,
    assert_replay_changed_nothing,
    is_settled,
)
from tests.integration.crash_events import MAX_EVENT_BYTES
from tests.integration.crash_points import MATRIX, SEED_VARIABLE, Point, chosen, seed
from tests.integration.crash_scenarios import KafkaScenario, Scenario, SocketScenario, XScenario
from tests.integration.held_jobs import held_job, wait_until
from tests.integration.jobs import job
from tests.integration.lines_peer import LinesPeer
from tests.servers.count_page import CountPage
from tests.servers.x_api import XApi

BEFORE, IN_HAND, AFTER = range(30), range(30, 130), range(130, 150)
REPEATED = 10
SEED = seed()


def each_of(crashes: list[tuple[str, Point]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("source", "point"), crashes, ids=["-".join(crash) for crash in crashes])


@pytest.fixture
def scenario(source: str, request: pytest.FixtureRequest) -> Iterator[Scenario]:
    with ExitStack() as opened:
        if source == "kafka":
            yield KafkaScenario(request.getfixturevalue("kafka"))
        elif source == "socket":
            yield SocketScenario(opened.enter_context(LinesPeer()))
        else:
            yield XScenario(opened.enter_context(XApi()))


class Crash:
    """One job, killed at a point and started again."""

    def __init__(self, folder: Path, scenario: Scenario, uri: str, database: Documents, page: CountPage) -> None:
        self._folder = folder
        self._home = folder / ".data/covid"
        self._scenario = scenario
        self._database = database
        self._page = page
        self._arguments = ("--jobname", "covid", "--source", scenario.source, "--trigger-seconds", "1")
        self._settings = {
            "mongodb_uri": uri,
            "database": database.name,
            "count_url": page.url,
            "lease_seconds": "1",
            "max_event_bytes": str(MAX_EVENT_BYTES),
            "max_document_bytes": str(8 * MAX_EVENT_BYTES),
            **scenario.settings,
        }
        self._before, self._in_hand, self._after = (
            [scenario.event(number) for number in numbers] for numbers in (BEFORE, IN_HAND, AFTER)
        )

    def assert_survives(self, point: Point) -> None:
        """Killed there and started again, it has stored every event once."""
        remains = self._die_at(point)
        assert_died_at(point, remains)
        self._start_again(remains)
        self._assert_nothing_is_lost_or_twice(remains)

    def _die_at(self, point: Point) -> Remains:
        """Store some events, and die with the next in hand."""
        with held_job(self._folder, self._arguments, self._settings, point) as held:
            self._scenario.send(self._before)
            wait_until(held, lambda: is_settled(self._database, self._home, len(self._before)))
            held.arm()
            self._scenario.send(self._in_hand)
            held.wait_for_the_point()
            held.die()
        self._scenario.job_died()
        return Remains(self._database, self._home)

    def _start_again(self, remains: Remains) -> None:
        """The feed sends what was not handed over, which is new to the job, and more; wait until all is stored."""
        self._page.number += 1
        unheard = [event for event in self._in_hand if self._scenario.pushes and not remains.has(event)]
        handed_over = [event for event in self._in_hand if event not in unheard]
        assert handed_over
        posts = [event for event in handed_over if event.text]
        repeated = posts[-REPEATED:] if self._scenario.repeats else []
        with job(self._folder, *self._arguments, **self._settings) as running:
            self._scenario.send([*repeated, *unheard, *self._after])
            number = len(self._before) + len(self._in_hand) + len(self._after)
            wait_until(running, lambda: is_settled(self._database, self._home, number))
            running.signal(signal.SIGTERM)
            assert running.end() == 0, running.errors
        assert sum(entry["duplicates"] for entry in self._database["batches"].find()) == len(repeated)

    def _assert_nothing_is_lost_or_twice(self, remains: Remains) -> None:
        assert_each_is_stored_once(self._database, [*self._before, *self._in_hand, *self._after])
        assert_ledger_is_complete(self._database)
        assert_replay_changed_nothing(self._database, remains)
        assert remains.lease is not None
        gaps = list(self._database["coverage"].find({"cause": "the job died"}))
        assert [gap["from"] for gap in gaps] == [remains.lease["last_alive"]] * self._scenario.pushes
        assert all(gap["from"] < gap["to"] for gap in gaps)


@pytest.fixture
def crash(
    data_folder: Path,
    scenario: Scenario,
    mongodb_uri: str,
    database: Documents,
    page: CountPage,
) -> Crash:
    return Crash(data_folder, scenario, mongodb_uri, database, page)


@pytest.mark.faults
@each_of(MATRIX)
def test_a_job_that_is_killed_anywhere_stores_every_event_once_when_it_is_started_again(
    crash: Crash, point: Point
) -> None:
    crash.assert_survives(point)


@each_of(chosen(SEED))
def test_a_job_that_is_killed_at_a_point_that_a_seed_chose_stores_every_event_once(
    crash: Crash, source: str, point: Point, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f"\nkilled at {source}:{point}, {SEED_VARIABLE}={SEED}")
    crash.assert_survives(point)
