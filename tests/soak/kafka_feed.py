"""Events into a topic; what the broker has acknowledged is handed over."""

import threading
from functools import partial
from types import TracebackType
from typing import Self
from uuid import uuid4

from confluent_kafka import KafkaError, Message, Producer

from tests.integration.crash_events import Event, of_lines
from tests.servers.kafka import KafkaBroker
from tests.soak.feed import WAIT_SECONDS, Feed, key


class KafkaFeed(Feed):
    """A producer that never gives an event up; the topic has two partitions. `acknowledged`: keys."""

    source = "kafka"

    def __init__(self, broker: KafkaBroker, events_per_second: float) -> None:
        super().__init__(events_per_second)
        topic = f"soak-{uuid4().hex[:8]}"
        broker.create_topic(topic, partitions=2)
        self.settings = {"kafka_bootstrap_servers": broker.bootstrap, "kafka_topics": topic}
        self.acknowledged: set[str] = set()
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
        self._thread = threading.Thread(target=self._run, daemon=True)

    def event(self, number: int) -> Event:
        """See `Feed`."""
        return of_lines(number)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()

    def stop(self) -> None:
        """See `Feed`; returns when all is acknowledged."""
        self._stopping.set()
        self._thread.join()
        left = self._producer.flush(WAIT_SECONDS)
        if self.failure is not None or left:
            raise RuntimeError(f"the broker did not take every event left={left}") from self.failure

    def _run(self) -> None:
        while not self.pause():
            event = self.next_event()
            self._producer.produce(
                self._topic,
                event.sent,
                on_delivery=partial(self._delivered, key(event)),
            )
            self._producer.poll(0)

    def _delivered(self, name: str, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            self.acknowledged.add(name)
        else:
            self.failure = RuntimeError(str(error))
