"""Events that are wrong in every known way, through the whole job: each becomes a post or a dead letter, once."""

import random
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import uuid4

import pytest

from tests.bad_events.corpus import corpus
from tests.bad_events.generator import generate
from tests.bad_events.sent import Sent, sent
from tests.conftest import Documents
from tests.integration.accounting import check_all, outcomes
from tests.integration.jobs import job, message
from tests.integration.memory import Memory
from tests.seed import VARIABLE, seed
from tests.servers.kafka import KafkaBroker
from tests.servers.peer import Peer

GENERATED = 60_000
MEGABYTE = 1_000_000
PYTHON_BYTES, JAVA_BYTES = 400 * MEGABYTE, 3_000 * MEGABYTE
"""The most that may be resident, with a heap of 2 GB: the rest is Java's own and the network's buffers."""

Job = Callable[..., None]
Send = Callable[[Sequence[Sent], str], None]


@pytest.fixture
def run(data_folder: Path, mongodb_uri: str, database: Documents) -> Job:
    """Runs a job over what is there; it never fails a query, ends with 0, and its memory is bounded."""

    def run_to_its_end(*arguments: str, **settings: str) -> None:
        settings |= {"mongodb_uri": mongodb_uri, "database": database.name, "count_url": "http://127.0.0.1:1/"}
        with job(data_folder, "--jobname", "bad", "--available-now", *arguments, **settings) as running:
            memory = Memory(running)
            assert memory.look_until_the_end(running) == 0, running.errors[-5:]
        print(f"batches={database['batches'].count_documents({})} python={memory.python} java={memory.java}")
        assert not [line for line in running.errors if "query failed" in message(line)]
        assert memory.heap == "2g"
        assert 0 < memory.python < PYTHON_BYTES
        assert 0 < memory.java < JAVA_BYTES

    return run_to_its_end


@pytest.fixture
def over_kafka(run: Job, kafka: KafkaBroker, database: Documents) -> Send:
    """Sends events by way of Kafka and compares what is stored with them, offset by offset."""

    def send_and_compare(events: Sequence[Sent], where: str) -> None:
        topic = f"bad-{uuid4().hex[:8]}"
        kafka.create_topic(topic, partitions=2)
        for partition in (0, 1):
            kafka.produce(topic, (each.event for each in events[partition::2]), partition=partition)
        limits = {"kafka_topics": topic, "kafka_max_offsets_per_trigger": "10000"}
        run("--source", "kafka", kafka_bootstrap_servers=kafka.bootstrap, **limits)
        found = outcomes(database)
        assert len(found) == len(events)
        check_all(events, [found.get(f"{topic}/{n % 2}/{n // 2}") for n in range(len(events))], where)

    return send_and_compare


@pytest.fixture
def over_tcp(run: Job, database: Documents) -> Send:
    """Sends events as lines, the last one without an end, and compares what is stored with them, line by line."""

    def send_and_compare(events: Sequence[Sent], where: str) -> None:
        def act(connection: socket.socket) -> None:
            for number, each in enumerate(events):
                connection.sendall(each.event if number == len(events) - 1 else each.event + b"\n")

        with Peer(act) as peer:
            run("--source", "socket", "--socket-port", str(peer.port))
        found = outcomes(database)
        check_all(events, [found[origin] for origin in sorted(found)], where)

    return send_and_compare


def endless() -> Sent:
    """A line of 200 MB of which nobody sees the end."""
    return sent(b"no end " * 30 * MEGABYTE)


@pytest.mark.slow
def test_every_event_of_the_corpus_from_kafka_becomes_a_post_or_a_dead_letter_with_its_bytes(
    over_kafka: Send,
) -> None:
    over_kafka([*corpus(), sent(b'{"text":\n"line feeds"\n}\n'), sent(b"two\nlines")], "corpus")


@pytest.mark.slow
def test_every_line_of_the_corpus_from_tcp_becomes_a_post_or_a_dead_letter_with_its_bytes(
    over_tcp: Send,
) -> None:
    over_tcp([*corpus(), endless()], "corpus")


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", ["over_kafka", "over_tcp"])
def test_none_of_60000_generated_events_is_lost_doubled_or_able_to_stop_the_job(
    way: str, request: pytest.FixtureRequest
) -> None:
    events = [*generate(GENERATED, random.Random(seed())), *corpus()]
    request.getfixturevalue(way)(events, f"{VARIABLE}={seed()}")
