"""A real Kafka broker for tests: broker and controller in one process (KRaft), on loopback."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.servers.guard import dismiss, guard
from tests.servers.ivy import Artefact, java_command, last_lines, resolve
from tests.servers.ports import free_ports

ARTEFACTS = (
    Artefact("org.apache.kafka", "kafka_2.13", "4.1.1"),
    # Kafka logs through slf4j 1.7: without a binding the broker is silent.
    Artefact("org.apache.logging.log4j", "log4j-slf4j-impl", "2.24.3"),
    Artefact("org.apache.logging.log4j", "log4j-core", "2.24.3"),
)
JARS = Path(__file__).parents[2] / ".cache" / "servers" / "kafka"
CLUSTER_ID = "dGVzdC1rYWZrYS1ub2RlMQ"
START_SECONDS = 120.0
STOP_SECONDS = 30.0
MAX_MESSAGE_BYTES = 16_777_216

SERVER_PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
# A topic that a test forgot to create is a mistake to be seen.
auto.create.topics.enable=false
message.max.bytes={max_message_bytes}
# Internal topics sized for one node.
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# Consumers get their partitions at once; a short session lets a killed one go early.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
# Events may be as old as a test wants them.
log.retention.ms=-1
# After SIGKILL the controller refuses the broker until its old session ends (9 s by default).
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=4000
"""

LOG_PROPERTIES = """
status=warn
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %c: %m%n
rootLogger.level=info
rootLogger.appenderRef.out.ref=out
# Long dumps of every setting
logger.config.name=org.apache.kafka.common.config
logger.config.level=warn
logger.kconfig.name=kafka.server.KafkaConfig
logger.kconfig.level=warn
"""


class BrokerFailed(Exception):
    """The broker did not start; the message names its log and ends with the last lines of it."""


class NotDelivered(Exception):
    """The broker did not take every event of a test."""


class KafkaBroker:
    """Kafka 4.1.1 without security. `with KafkaBroker(folder) as broker: …` starts and stops it.

    The data stay in `work`: `kill` or `stop`, then `start`, is the same broker at the same address. It runs in a
    session of its own and is killed when the process that started it ends, in whatever way.
    """

    def __init__(self, work: Path, jars: Path = JARS, java_home: Path | None = None, heap: str = "256m") -> None:
        """`work`: settings, data and logs; `jars`: filled on the first start; `java_home`: else JAVA_HOME, PATH."""
        self.port, self.controller_port = free_ports(2)
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._properties = SERVER_PROPERTIES.format(
            port=self.port,
            controller_port=self.controller_port,
            data=work / "data",
            max_message_bytes=MAX_MESSAGE_BYTES,
        )
        self._format: tuple[str, ...] = ("--cluster-id", CLUSTER_ID)
        self._work = work
        self._jars = jars
        self._java_home = java_home
        self._heap = heap
        self._starts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def log_file(self) -> Path:
        """What the broker wrote since its last start."""
        return self._work / f"server-{self._starts}.log"

    def start(self) -> None:
        """Return when the broker serves. Raises: BrokerFailed; ivy.Unresolved: its jars cannot be had."""
        if self._process is not None:
            raise RuntimeError("the broker is running")
        self._prepare()
        self._starts += 1
        self._process = self._launch("kafka.Kafka", str(self._settings))
        self._guard = guard(self._process.pid)
        try:
            self._wait_until_it_serves(self._process)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End in order; no harm if the broker does not run."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, as when the machine fails."""
        self._end(signal.SIGKILL)

    def create_topic(self, name: str, partitions: int = 1) -> None:
        """Return when the topic is there. Raises: KafkaException: it exists, or the name is not allowed."""
        topic = NewTopic(name, num_partitions=partitions, replication_factor=1)
        admin = self._admin()  # named: the answer does not come to a client that nobody holds
        admin.create_topics([topic])[name].result(START_SECONDS)

    def delete_records(self, topic: str, partition: int, before: int) -> None:
        """Let the partition begin at offset `before`, as retention does."""
        admin = self._admin()  # its futures never end once it is collected
        for future in admin.delete_records([TopicPartition(topic, partition, before)]).values():
            future.result(30)

    def produce(
        self,
        topic: str,
        events: Iterable[bytes | None],
        *,
        key: bytes | None = None,
        partition: int = -1,
        headers: Sequence[tuple[str, bytes | None]] = (),
        timestamp: int = 0,
    ) -> None:
        """Return when the broker has acknowledged every event (acks=all).

        None is a tombstone; partition -1: any; timestamp: milliseconds since 1970, 0: now. Raises: NotDelivered.
        """
        failures: list[KafkaError] = []

        def delivered(error: KafkaError | None, _message: Message) -> None:
            if error is not None:
                failures.append(error)

        producer = Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "acks": "all",
                "enable.idempotence": True,
                "message.max.bytes": MAX_MESSAGE_BYTES,
                "log_level": 2,
            }
        )
        send = partial(producer.produce, topic, key=key, partition=partition, headers=[*headers], timestamp=timestamp)
        for event in events:
            _queue(producer, partial(send, value=event, on_delivery=delivered))
        left = producer.flush(60)
        if failures or left:
            raise NotDelivered(f"topic={topic} failed={len(failures)} unacknowledged={left} first={failures[:1]}")

    @property
    def _settings(self) -> Path:
        return self._work / "server.properties"

    def _prepare(self) -> None:
        resolve(ARTEFACTS, self._jars, self._java_home)
        if (self._work / "data" / "meta.properties").exists():
            return
        self._work.mkdir(parents=True, exist_ok=True)
        self._settings.write_text(self._properties)
        (self._work / "log4j2.properties").write_text(LOG_PROPERTIES)
        arguments = ("format", "--config", str(self._settings), *self._format)
        if self._launch("kafka.tools.StorageTool", *arguments).wait(START_SECONDS):
            raise self._failure("its storage could not be formatted")

    def _launch(self, main_class: str, *arguments: str) -> subprocess.Popen[bytes]:
        machine = [f"-Xmx{self._heap}", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true"]
        logging = f"-Dlog4j2.configurationFile={self._work / 'log4j2.properties'}"
        command = [java_command(self._java_home), *machine, logging, "-cp", f"{self._jars}/*", main_class, *arguments]
        with self.log_file.open("wb") as log:
            return subprocess.Popen(
                command,
                cwd=self._work,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait_until_it_serves(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + START_SECONDS
        while not self._serves():
            if _ended(process, within=0.2):
                raise self._failure(f"it ended with {process.returncode}")
            if time.monotonic() > end:
                raise self._failure(f"it does not serve after {START_SECONDS:.0f} s")

    def _serves(self) -> bool:
        if b"Kafka Server started" not in self.log_file.read_bytes():
            return False
        try:
            return bool(self._admin().list_topics(timeout=5).brokers)
        except KafkaException:
            return False

    def _failure(self, reason: str) -> BrokerFailed:
        text = self.log_file.read_text(errors="replace")
        return BrokerFailed(f"the Kafka broker did not start: {reason}; log: {self.log_file}\n{last_lines(text)}")

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 2})

    def _end(self, number: signal.Signals) -> None:
        process, guardian = self._process, self._guard
        self._process = self._guard = None
        if guardian is not None:
            dismiss(guardian)
        if process is None:
            return
        if process.poll() is None:
            os.killpg(process.pid, number)
        if not _ended(process, within=STOP_SECONDS):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _queue(producer: Producer, produce: Callable[[], None]) -> None:
    while True:
        try:
            produce()
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return


def _ended(process: subprocess.Popen[bytes], within: float) -> bool:
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        return False
    return True
