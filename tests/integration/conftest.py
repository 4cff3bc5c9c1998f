"""Real servers for the integration tests, one of each for the whole run."""

from collections.abc import Iterator

import pytest

from tests.servers.kafka import KafkaBroker


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A running broker. Shared: take a topic of your own, and `start` it again if you kill it."""
    with KafkaBroker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker
