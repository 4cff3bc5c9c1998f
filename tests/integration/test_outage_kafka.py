"""The Kafka broker dies while posts keep coming, and comes back: the job heals by itself."""

import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.conftest import Documents
from tests.integration.jobs import is_committed, job, message
from tests.integration.stored import posts
from tests.servers.kafka import KafkaBroker

JOB = ("--jobname", "demo", "--source", "kafka", "--trigger-seconds", "1")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[KafkaBroker]:
    """A broker of the test's own, to be killed."""
    with KafkaBroker(tmp_path / "kafka") as own:
        yield own


def is_refused(broker: KafkaBroker) -> bool:
    """Whether nobody listens at the broker's address."""
    host, _, port = broker.bootstrap.rpartition(":")
    try:
        socket.create_connection((host, int(port))).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_posts_that_come_while_kafka_is_dead_are_stored_once_when_it_is_back(
    data_folder: Path, mongodb_uri: str, database: Documents, broker: KafkaBroker
) -> None:
    topic = f"posts-{uuid4().hex[:8]}"
    broker.create_topic(topic)
    texts = [f"post {number}" for number in range(2_000)]
    settings = {
        "mongodb_uri": mongodb_uri,
        "database": database.name,
        "count_url": "http://127.0.0.1:1/",
        "kafka_bootstrap_servers": broker.bootstrap,
        "kafka_topics": topic,
    }
    with job(data_folder, *JOB, **settings) as running:
        broker.produce(topic, [text.encode() for text in texts[:1_000]])
        running.read_until(is_committed)
        broker.kill()
        assert is_refused(broker)
        # A producer that does not give up: what it sends now is acknowledged when the broker is back.
        meanwhile = threading.Thread(
            target=broker.produce, args=(topic, [text.encode() for text in texts[1_000:1_900]]), daemon=True
        )
        failed = running.read_until(lambda line: "query failed, nothing is lost" in message(line))
        assert "TimeoutException: Timed out waiting for a node" in message(failed)
        meanwhile.start()
        broker.start()
        meanwhile.join(120)
        broker.produce(topic, [text.encode() for text in texts[1_900:]])
        while len(posts(database)) < len(texts):
            running.read_until(is_committed)
        running.signal(signal.SIGTERM)
        assert running.end() == 0
    assert sorted(post["text"] for post in posts(database)) == sorted(texts)
    assert database["batches"].count_documents({"state": {"$ne": "committed"}}) == 0
