"""Events into a topic; what the broker has acknowledged is handed over."""

from functools import partial
from uuid import uuid4

from confluent_kafka import KafkaError, Message, Producer

from tests.integration.crash_events import Event, of_lines
from tests.servers.kafka import KafkaBroker
from tests.soak.feed import WAIT_SECONDS, Feed, key


class KafkaFeed(Feed):
    """A producer that never gives an event up; the topic has two partitions."""

    source = "kafka"
    pushes = False

    def __init__(self, broker: KafkaBroker, events_per_second: float) -> None:
        super().__init__(events_per_second)
        topic = f"soak-{uuid4().hex[:8]}"
        broker.create_topic(topic, partitions=2)
        self.settings = {"kafka_bootstrap_servers": broker.bootstrap, "kafka_topics": topic}
        self._topic = topic
        self._producer = Producer(
            {
                "bootstrap.servers": broker.bootstrap,
                "enable.idempotence": True,  # or a broker that died behind its acknowledgement would get it twice
                "message.timeout.ms": 0,
                "reconnect.backoff.max.ms": 1_000,
                "log_level": 0,
            }
        )

    def event(self, number: int) -> Event:
        """See `Feed`."""
        return of_lines(number)

    def stop(self) -> None:
        """See `Feed`; returns when all is acknowledged."""
        super().stop()
        if left := self._producer.flush(WAIT_SECONDS):
            raise TimeoutError(f"the broker has not acknowledged every event left={left}")

    def close(self) -> None:
        """See `Feed`."""
        self._producer.flush(0)

    def run(self) -> None:
        """See `Feed`."""
        while not self.pause():
            event = self.next_event()
            self._producer.produce(self._topic, event.sent, on_delivery=partial(self._delivered, key(event)))
            self._producer.poll(0)

    def _delivered(self, name: str, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            self.acknowledged.add(name)
        else:
            self.failure = RuntimeError(str(error))
