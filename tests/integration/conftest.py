"""Real servers for the integration tests, one of each for a worker of the run."""

from collections.abc import Iterator

import pytest

from ledger.indexes import ensure_indexes
from tests.conftest import Documents
from tests.filled import fill
from tests.integration.in_process import Commands
from tests.integration.removed_posts import FILLING
from tests.servers.count_page import CountPage
from tests.servers.hdfs import Hdfs
from tests.servers.kafka import KafkaBroker


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A running broker. Shared: take a topic of your own, and `start` it again if you kill it."""
    with KafkaBroker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(scope="module")
def hdfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hdfs]:
    """A running HDFS, without permissions. Shared: take a folder of your own."""
    with Hdfs(tmp_path_factory.mktemp("hdfs")) as started:
        yield started


@pytest.fixture
def page() -> Iterator[CountPage]:
    """A count page of the test's own."""
    with CountPage() as served:
        yield served


@pytest.fixture
def settings(mongodb_uri: str, database: Documents, page: CountPage) -> dict[str, str]:
    """Of a job that stores in the test's database and counts by its page."""
    return {"mongodb_uri": mongodb_uri, "database": database.name, "count_url": page.url, "lease_seconds": "1"}


@pytest.fixture
def filled(database: Documents) -> Documents:
    """A database as a job leaves it (`removed_posts.FILLING`)."""
    ensure_indexes(database)
    fill(database, FILLING)
    return database


@pytest.fixture
def commands(
    mongodb_uri: str, filled: Documents, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Commands:
    """manage.py for what is filled."""
    return Commands(mongodb_uri, filled, monkeypatch, capsys)
