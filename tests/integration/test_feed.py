"""`manage.py feed` as its operator and its listeners see it: real processes, real sockets, a real broker."""

import os
import select
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from hypothesis import given
from hypothesis import strategies as st

from operations.feed_lines import lines
from operations.feed_progress import Progress
from operations.feed_tcp import TcpOutlet, listen
from operations.interrupt import Interrupt
from tests.integration.feed_process import BOUND_SECONDS, ROOT, TWEETS, FeedProcess, command, feed, feeding
from tests.servers.kafka import KafkaBroker

ODD_BYTES = b"\xff\xfe\x00 caf\xe9\r\n\n  \n\xc3( and no newline"
MORE_THAN_BUFFERS = 40_000_000
"""Bytes: far more than the system keeps for a connection whose reader sleeps."""

READ_SOON = 0.3


class Player(FeedProcess):
    """A running `manage.py feed --port 0`."""

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", int(self.address.rpartition(":")[2])), BOUND_SECONDS)


def playing(*arguments: object) -> AbstractContextManager[Player]:
    return feeding(Player, *arguments, "--port", 0)


def read_all(connection: socket.socket) -> bytes:
    with connection, connection.makefile("rb") as stream:
        return stream.read()


def read(connection: socket.socket, number: int) -> bytes:
    """Exactly so many bytes."""
    held = b""
    while len(held) < number:
        block = connection.recv(number - len(held))
        assert block, f"the stream ended after {held!r}"
        held += block
    return held


@contextmanager
def outlet(silence_seconds: float) -> Iterator[tuple[TcpOutlet, tuple[str, int]]]:
    """An outlet in this process, and where it listens; leaving the block ends its clients in order."""
    interrupt = Interrupt()
    listener = listen("127.0.0.1", 0)
    address = listener.getsockname()
    with TcpOutlet(listener, interrupt, Progress(interrupt, logs=False), silence_seconds) as clients:
        yield clients, address


def read_after_the_reset_of(other: socket.socket, address: tuple[str, int]) -> bytes:
    """Connect when the feed has given up on `other`, which reads nothing, and read to the end."""
    with other:
        poller = select.poll()
        poller.register(other, 0)  # reports an error or a hang-up, nothing else
        assert poller.poll(BOUND_SECONDS * 1000)
    return read_all(socket.create_connection(address))


def messages(kafka: KafkaBroker, topic: str) -> list[Message]:
    """Everything in the topic, partition by partition."""
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "reader", "auto.offset.reset": "earliest"})
    try:
        partitions = consumer.list_topics(topic, timeout=BOUND_SECONDS).topics[topic].partitions
        return [message for number in partitions for message in _partition(consumer, topic, number)]
    finally:
        consumer.close()


def _partition(consumer: Consumer, topic: str, number: int) -> list[Message]:
    start, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=BOUND_SECONDS)
    consumer.assign([TopicPartition(topic, number, start)])
    return consumer.consume(end - start, timeout=BOUND_SECONDS) if end > start else []


def values(found: list[Message]) -> list[bytes | None]:
    return [message.value() for message in found]


@given(st.lists(st.binary().map(lambda block: block.replace(b"\x01", b"\n"))))
def test_lines_are_the_same_bytes_however_they_come_in(blocks: list[bytes]) -> None:
    events = [event for batch in lines(iter(blocks)) for event in batch]
    assert b"".join(events) == b"".join(blocks)
    assert all(event.count(b"\n") == 1 and event.endswith(b"\n") for event in events[:-1])


def test_a_client_reads_the_whole_file_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / "odd.txt"
    file.write_bytes(ODD_BYTES)
    with playing("--file", file, "--rate", 1000) as player:
        assert read_all(player.connect()) == ODD_BYTES
        assert player.exit_code() == 0


def test_every_tweet_of_the_demo_arrives_as_fast_as_the_client_reads() -> None:
    with playing("--file", TWEETS, "--rate", 0) as player:
        assert read_all(player.connect()) == TWEETS.read_bytes()
        assert player.exit_code() == 0


def test_two_clients_hear_the_same_from_when_they_connected() -> None:
    with playing("--file", "-", "--rate", 0) as player:
        first = player.connect()
        player.type(b"before\n")
        assert read(first, 7) == b"before\n"
        second = player.connect()
        player.type(b"both\nof them\n")
        player.end_input()
        assert read_all(first) == read_all(second) == b"both\nof them\n"
        assert player.exit_code() == 0


def test_a_line_of_standard_input_is_played_when_it_is_there() -> None:
    with playing("--file", "-", "--rate", 100, "--uneven", "--seed", 1) as player:
        client = player.connect()
        for line in (b"one\n", b"two\n"):
            player.type(line)
            assert read(client, 4) == line


def test_while_nobody_listens_the_player_pauses_and_nothing_is_lost() -> None:
    with playing("--file", "-", "--rate", 0) as player:
        with player.connect() as first:
            player.type(b"1\n")
            assert read(first, 2) == b"1\n"
        player.type(b"2\n3\n")
        player.end_input()
        assert read_all(player.connect()) == b"2\n3\n"
        assert player.exit_code() == 0


def test_a_file_that_is_repeated_keeps_its_last_line_apart_from_its_first(tmp_path: Path) -> None:
    file = tmp_path / "two.txt"
    file.write_bytes(b"a\nb")
    with playing("--file", file, "--rate", 0, "--loop") as player, player.connect() as client:
        assert read(client, 400) == b"a\nb\n" * 100


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_player_in_order_after_a_whole_line(number: signal.Signals) -> None:
    with playing("--file", TWEETS, "--rate", 500, "--loop") as player:
        client = player.connect()
        heard = read(client, 1000)
        player.process.send_signal(number)
        heard += read_all(client)
        assert heard.endswith(b"\n")
        assert TWEETS.read_bytes().startswith(heard)
        assert player.exit_code() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_player_that_waits_for_its_first_client(number: signal.Signals) -> None:
    with playing("--file", TWEETS, "--rate", 1) as player:
        player.process.send_signal(number)
        assert player.exit_code() == 0


def test_the_slowest_client_sets_the_pace_and_loses_nothing() -> None:
    event = b"x" * MORE_THAN_BUFFERS + b"\n"
    with ThreadPoolExecutor() as threads:
        with outlet(silence_seconds=BOUND_SECONDS) as (clients, address):
            slow, fast = socket.create_connection(address), socket.create_connection(address)
            fast_one = threads.submit(read_all, fast)
            sending = threads.submit(clients.send, [event])
            # Nobody reads the slow one yet: the sender is held, whatever the fast one does.
            with pytest.raises(TimeoutError):
                sending.result(READ_SOON)
            slow_one = threads.submit(read_all, slow)
            sending.result(BOUND_SECONDS)
        assert slow_one.result(BOUND_SECONDS) == fast_one.result(BOUND_SECONDS) == event


def test_a_client_that_reads_nothing_is_dropped_and_the_others_hear_everything(
    caplog: pytest.LogCaptureFixture,
) -> None:
    event = b"x" * MORE_THAN_BUFFERS + b"\n"
    with ThreadPoolExecutor() as threads:
        with outlet(silence_seconds=READ_SOON) as (clients, address):
            stuck, listening = socket.create_connection(address), socket.create_connection(address)
            name = "{}:{}".format(*stuck.getsockname())
            heard = threads.submit(read_all, listening)
            clients.send([event])
        assert heard.result(BOUND_SECONDS) == event
    with pytest.raises(ConnectionResetError):
        read_all(stuck)
    assert f"client dropped client={name} reason='it has not read for too long'" in caplog.text


def test_a_line_that_was_cut_is_repeated_whole_to_the_next_client() -> None:
    events = [b"%010d\n" % number for number in range(MORE_THAN_BUFFERS // 11)]
    with ThreadPoolExecutor() as threads:
        with outlet(silence_seconds=READ_SOON) as (clients, address):
            heard = threads.submit(read_after_the_reset_of, socket.create_connection(address), address)
            clients.send(events)
        rest = heard.result(BOUND_SECONDS).splitlines(keepends=True)
    assert 0 < len(rest) < len(events)
    assert rest == events[-len(rest) :]


def test_an_event_in_kafka_is_the_line_without_its_newline_and_nothing_else(kafka: KafkaBroker) -> None:
    done = feed("--file", "-", "--rate", 0, "--kafka", kafka.bootstrap, "--topic", "odd", stdin=ODD_BYTES)
    assert done.returncode == 0
    found = messages(kafka, "odd")
    assert values(found) == ODD_BYTES.split(b"\n")
    assert {(message.key(), message.headers() or None) for message in found} == {(None, None)}


def test_every_tweet_arrives_in_kafka_byte_for_byte_and_in_order(kafka: KafkaBroker) -> None:
    assert feed("--file", TWEETS, "--rate", 0, "--kafka", kafka.bootstrap, "--topic", "tweets").returncode == 0
    assert values(messages(kafka, "tweets")) == TWEETS.read_bytes().splitlines()


def test_a_topic_is_created_with_the_partitions_asked_for(kafka: KafkaBroker) -> None:
    done = feed("--file", "-", "--rate", 0, "--kafka", kafka.bootstrap, "--topic", "wide", "--partitions", 3)
    assert done.returncode == 0
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    assert len(admin.list_topics("wide", BOUND_SECONDS).topics["wide"].partitions) == 3


def test_a_topic_that_exists_is_used_as_it_is(kafka: KafkaBroker) -> None:
    kafka.create_topic("there", partitions=2)
    kafka.produce("there", [b"before"], partition=1)
    done = feed("--file", "-", "--rate", 0, "--kafka", kafka.bootstrap, "--topic", "there", stdin=b"after\n")
    assert done.returncode == 0
    assert sorted(message.value() or b"" for message in messages(kafka, "there")) == [b"after", b"before"]


def test_an_event_that_kafka_does_not_take_is_reported_and_the_exit_code_says_so(kafka: KafkaBroker) -> None:
    events = b"small\n" + b"x" * 2_000_000 + b"\nlast\n"
    done = feed("--file", "-", "--rate", 0, "--kafka", kafka.bootstrap, "--topic", "refused", stdin=events)
    assert done.returncode == 1
    assert b"event not delivered topic=refused event=2" in done.stderr
    assert done.stderr.endswith(b"1 of 3 events were not delivered to topic refused\n")
    assert values(messages(kafka, "refused")) == [b"small", b"last"]


@pytest.mark.slow
def test_a_broker_that_is_killed_and_comes_back_has_every_event_once(kafka: KafkaBroker) -> None:
    kafka.create_topic("outage")
    events = b"".join(b"%d\n" % number for number in range(1000))
    arguments = ("--file", "-", "--rate", 0, "--kafka", kafka.bootstrap, "--topic", "outage")
    with subprocess.Popen(command(*arguments), stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(b"first\n")
        process.stdin.flush()
        while not messages(kafka, "outage"):
            assert process.poll() is None
        kafka.kill()
        process.stdin.write(events)
        process.stdin.close()
        kafka.start()
        assert process.wait(BOUND_SECONDS) == 0
    assert values(messages(kafka, "outage")) == [b"first", *events.split()]


TWEETS_TO_TCP = ("--file", TWEETS, "--port", 0)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--file", TWEETS, "--rate", 1), "give either --port (TCP) or --kafka with --topic"),
        ((*TWEETS_TO_TCP, "--rate", 1, "--kafka", "k:1", "--topic", "t"), "give either --port (TCP) or --kafka"),
        (("--file", TWEETS, "--rate", 1, "--kafka", "k:1"), "--kafka and --topic belong together"),
        ((*TWEETS_TO_TCP, "--rate", -1), "--rate -1: must be 0 or more events per second"),
        ((*TWEETS_TO_TCP, "--rate", "nan"), "--rate nan: must be 0 or more events per second"),
        ((*TWEETS_TO_TCP, "--rate", 0, "--uneven"), "--uneven needs a --rate above 0"),
        (TWEETS_TO_TCP, "--file needs a --rate"),
        (("--port", 0, "--rate", 1), "give either --file or --recording"),
        (("--recording", ROOT, "--port", 0), f"--recording {ROOT}: there is no recording"),
        ((*TWEETS_TO_TCP, "--rate", 1, "--speed", -1), "--speed -1: must be 0 or more"),
        (("--file", TWEETS, "--rate", 1, "--port", 65536), "--port 65536: must be 0 to 65535"),
        (("--file", "no/such", "--rate", 1, "--port", 0), "--file no/such: No such file or directory"),
        (("--file", ROOT, "--rate", 1, "--port", 0), f"--file {ROOT}: Is a directory"),
        (("--file", "-", "--rate", 1, "--port", 0, "--loop"), "--loop needs a file: standard input cannot be read"),
        (("--file", os.devnull, "--rate", 1, "--port", 0, "--loop"), "--loop needs a file with at least one line"),
    ],
)
def test_a_wrong_argument_is_one_line_and_exit_code_2(arguments: tuple[object, ...], line: str) -> None:
    done = feed(*arguments)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(line)
    assert done.stderr.count(b"\n") == 1


def test_all_wrong_arguments_are_told_at_once() -> None:
    done = feed("--file", "no/such", "--rate", -1, "--port", -1, "--partitions", 0)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 4


def test_a_port_that_is_taken_is_one_line_and_exit_code_3() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        done = feed("--file", TWEETS, "--rate", 1, "--port", port)
    assert done.returncode == 3
    assert done.stderr.decode() == f"cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_a_broker_that_cannot_be_reached_is_one_line_and_exit_code_3() -> None:
    with socket.socket() as unanswered:
        unanswered.bind(("127.0.0.1", 0))
        bootstrap = f"127.0.0.1:{unanswered.getsockname()[1]}"
        done = feed("--file", TWEETS, "--rate", 1, "--kafka", bootstrap, "--topic", "t")
    assert done.returncode == 3
    assert done.stderr.decode().startswith(f"no Kafka broker answers at {bootstrap}: ")
    assert done.stderr.count(b"\n") == 1
