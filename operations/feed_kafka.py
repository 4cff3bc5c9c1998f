"""A feed into a Kafka topic: one message per event, no headers; a key where a recorded message has one."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as Delivered
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from errors import CannotStart, JobError
from operations.interrupt import Interrupt
from spool.segments import Message

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
FLUSH_STEP_SECONDS = 0.5
FLUSH_STEPS_WHEN_ASKED_TO_END = 10
QUIET = 2
"""librdkafka's own log level: what matters comes through its callbacks."""


def prepare_topic(bootstrap: str, topic: str, partitions: int) -> None:
    """Make sure that the topic is there; one that exists is left as it is.

    Raises: CannotStart: no broker answers, or the topic cannot be created.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": QUIET}, logger=log)
    try:
        if topic in admin.list_topics(timeout=CONNECT_SECONDS).topics:
            return
        admin.create_topics([NewTopic(topic, num_partitions=partitions)])[topic].result(CONNECT_SECONDS)
        log.info("topic created topic=%s partitions=%s", topic, partitions)
    except KafkaException as error:
        _refuse(error.args[0], bootstrap, topic)


def _refuse(error: KafkaError, bootstrap: str, topic: str) -> None:
    if error.code() == KafkaError.TOPIC_ALREADY_EXISTS:
        return
    if error.code() in (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT):
        raise CannotStart(f"no Kafka broker answers at {bootstrap}: {error.str()}")
    raise CannotStart(f"topic {topic} cannot be created at {bootstrap}: {error.str()}")


class KafkaOutlet:
    """Guarantee: each event is acknowledged by all in-sync replicas once, in order within a partition, or reported.

    Leaving the block flushes. Raises there: JobError: so many events were not delivered.
    """

    def __init__(self, bootstrap: str, topic: str, interrupt: Interrupt) -> None:
        self._topic = topic
        self._interrupt = interrupt
        self._taken = 0
        self._failed = 0
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "acks": "all",
                "enable.idempotence": True,
                "reconnect.backoff.ms": 1000,
                "log_level": QUIET,
                "error_cb": self._connection_failed,
            },
            logger=log,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flush()
        self._failed += self._drop_the_rest()
        if self._failed:
            raise JobError(f"{self._failed} of {self._taken} events were not delivered to topic {self._topic}")

    def send(self, events: Sequence[bytes | Message]) -> None:
        """See `Outlet`. The newline that ended a line is not part of the message."""
        for event in events:
            self._interrupt.check()
            self._produce(event if isinstance(event, Message) else Message(None, event.removesuffix(b"\n"), 0))
        self._producer.poll(0)

    def _produce(self, message: Message) -> None:
        number = self._taken + 1
        report = partial(self._delivered, number)
        try:
            while not self._queued(message, report):
                self._interrupt.check()
        except KafkaException as error:
            self._report(number, error.args[0])
        self._taken = number

    def _queued(self, message: Message, report: Callable[[KafkaError | None, Delivered], None]) -> bool:
        """False after a while in which librdkafka's queue had no room: the brokers set the pace."""
        try:
            self._producer.produce(self._topic, value=message.value, key=message.key, on_delivery=report)
        except BufferError:
            self._producer.poll(0.1)
            return False
        return True

    def _flush(self) -> None:
        steps = 0
        while self._producer.flush(FLUSH_STEP_SECONDS):
            steps += self._interrupt.requested
            if steps >= FLUSH_STEPS_WHEN_ASKED_TO_END:
                return

    def _drop_the_rest(self) -> int:
        left = len(self._producer)
        if left:
            log.error("given up while waiting for acknowledgements topic=%s events=%s", self._topic, left)
        return left

    def _delivered(self, number: int, error: KafkaError | None, _message: Delivered) -> None:
        if error is not None:
            self._report(number, error)

    def _report(self, number: int, error: KafkaError) -> None:
        self._failed += 1
        log.error("event not delivered topic=%s event=%s error=%s", self._topic, number, error.str())

    def _connection_failed(self, error: KafkaError) -> None:
        log.warning("kafka error=%s", error.str())
