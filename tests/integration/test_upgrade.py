"""A checkpoint of an earlier release: the job goes on from it, or says why not and what to do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Documents
from tests.integration.crash import Crash
from tests.integration.crash_checks import Remains, assert_committed_is_unchanged, assert_died_at
from tests.integration.crash_scenarios import opened
from tests.integration.jobs import manage
from tests.integration.kept_jobs import RELEASES, KeptJob, read
from tests.integration.scenario import Scenario
from tests.servers.count_page import CountPage
from tests.servers.kafka import KafkaBroker

KEPT = sorted(RELEASES.glob("*/*.json"))


@pytest.fixture(params=KEPT, ids=[f"{file.parent.name}-{file.stem}" for file in KEPT])
def kept(request: pytest.FixtureRequest, data_folder: Path) -> KeptJob:
    return read(request.param, data_folder)


@pytest.fixture
def scenario(kept: KeptJob, data_folder: Path, kafka: KafkaBroker) -> Iterator[Scenario]:
    with opened(kept.source, data_folder, lambda: kafka, kept.topic) as scenario:
        yield scenario


@pytest.mark.slow
def test_what_a_release_left_half_stored_is_gone_on_with_and_every_event_is_stored_once(
    data_folder: Path,
    kept: KeptJob,
    kafka: KafkaBroker,
    scenario: Scenario,
    mongodb_uri: str,
    database: Documents,
    page: CountPage,
) -> None:
    kept.restore(data_folder, database, kafka)
    crash = Crash(data_folder, scenario, mongodb_uri, database, page, (kept.before, kept.in_hand))
    remains = Remains(database, crash.home)
    assert_died_at(kept.point, remains)
    crash.start_again(remains, repeated=0)
    crash.assert_each_is_stored_once(remains)
    assert_committed_is_unchanged(database, remains)
    settings = {"mongodb_uri": mongodb_uri, "database": database.name}
    brokers = scenario.settings if kept.topic else {}
    verified = manage(data_folder, "verify", "--jobname", "covid", **settings | brokers)
    assert verified.returncode == 0, verified.stdout + verified.stderr
