"""main.py killed at every point of the way of an event: nothing is lost, nothing is stored twice.

`make test` kills three sources that a seed chooses, each at one point; `make test-faults` all, at every point.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Documents
from tests.integration.crash import Crash
from tests.integration.crash_points import MATRIX, Point, chosen
from tests.integration.crash_scenarios import opened
from tests.integration.scenario import Scenario
from tests.seed import seed
from tests.servers.count_page import CountPage


def each_of(crashes: list[tuple[str, Point]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("source", "point"), crashes, ids=["-".join(crash) for crash in crashes])


@pytest.fixture
def scenario(source: str, data_folder: Path, request: pytest.FixtureRequest) -> Iterator[Scenario]:
    with opened(source, data_folder, lambda: request.getfixturevalue("kafka")) as scenario:
        yield scenario


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


@each_of(chosen(seed()))
def test_a_job_that_is_killed_at_a_point_that_a_seed_chose_stores_every_event_once(crash: Crash, point: Point) -> None:
    crash.assert_survives(point)
