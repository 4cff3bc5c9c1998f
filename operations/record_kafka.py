"""Kafka topics as a feed that `manage.py record` hears: no group, no commits, bytes as they are."""

import hashlib
import json
import logging
from datetime import datetime
from typing import ClassVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as Delivered

from errors import CannotStart, JobError
from operations.kafka_consumer import consumer_options
from receivers.base import Receiver, ReceiverParts
from spool.segments import CutEvent, Message

log = logging.getLogger(__name__)

Place = tuple[str, int]
"""Topic and partition."""

_AS_THE_JOB = {
    "isolation.level": "read_committed",
    "auto.offset.reset": "earliest",
    "queued.max.messages.kbytes": 16_384,  # of each partition, in memory
}
_ANSWER_SECONDS = 10.0
_READ_SECONDS = 0.2  # how soon a wish to stop is seen
_MESSAGES = 500
_LOOK_SECONDS = 30.0  # how soon a new partition is heard
_FIRST, _LAST = 0, 4_102_444_800_000  # 2100: a producer may claim any time
_GONE = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError.TOPIC_AUTHORIZATION_FAILED)


class KafkaRecorder(Receiver):
    """Reads all partitions of `kafka_topics`, those too that come later; begins where `kafka_starting` says.

    It keeps key, value and the broker's time of a message, no headers. Stopped in order and started again in the same
    folder it goes on where it was; after a kill what was heard since the last segment was closed is recorded twice.
    """

    goes_on: ClassVar[bool] = True

    def __init__(self, parts: ReceiverParts) -> None:
        super().__init__(parts)
        self._next: dict[Place, int] = {}
        self._trouble = ""

    def receive(self) -> None:
        """Read until told to stop. Raises CannotStart where no broker answers, or there is no such topic; JobError."""
        if noted := self.bookmark.read():
            self._next = {(topic, number): offset for topic, number, offset in json.loads(noted)}
        login = consumer_options(self.settings, "casestream-record")
        consumer = Consumer({**login, **_AS_THE_JOB, "error_cb": self._note}, logger=log)
        try:
            self._begin(consumer)
            self.coverage.close_gap(self.coverage.gap_seconds() if noted else 0)
            self._read(consumer)
        except KafkaException as error:
            raise CannotStart(self._refused(error.args[0])) from error
        finally:
            consumer.close()

    def _begin(self, consumer: Consumer) -> None:
        known = {topic for topic, _ in self._next}
        for place in self._places(consumer):
            low, high = _ends(consumer, place)
            if place in self._next or place[0] in known:
                self._go_on(place, low)
            else:
                self._next[place] = high if self.settings.kafka_starting == "latest" else low
        self._assign(consumer)
        log.info("recording topics=%s partitions=%s", ",".join(self.settings.kafka_topics), len(self._next))

    def _read(self, consumer: Consumer) -> None:
        looked_at = heard_at = self.clock.monotonic()
        while not self.stopping.is_set():
            delivered = consumer.consume(_MESSAGES, _READ_SECONDS)
            now = self.clock.monotonic()
            if messages := [each for each in delivered if self._is_message(each)]:
                self._keep(messages)
                heard_at = now
            elif self.settings.available_now and now - heard_at >= self.settings.idle_seconds:
                return
            if now - looked_at >= _LOOK_SECONDS:
                looked_at = now
                self._look_for_more(consumer)

    def _keep(self, messages: list[Delivered]) -> None:
        before = self.clock.now()
        if not self.spool.append([self._event(each, before) for each in messages]):
            return  # the recording has ended while it was full
        for each in messages:
            self._next[str(each.topic()), int(each.partition() or 0)] = int(each.offset() or 0) + 1
        self.bookmark.note(json.dumps([[*place, offset] for place, offset in sorted(self._next.items())]), before)

    def _event(self, delivered: Delivered, now: datetime) -> Message | CutEvent:
        value, (_, sent_at) = delivered.value(), delivered.timestamp()
        most = self.settings.max_event_bytes
        if value is not None and len(value) > most:
            start = value[:most].partition(b"\n")[0]
            return CutEvent(start, len(value), hashlib.sha256(value).hexdigest())
        return Message(delivered.key(), value, sent_at if _FIRST < sent_at < _LAST else int(now.timestamp() * 1000))

    def _look_for_more(self, consumer: Consumer) -> None:
        try:
            new = {place: _ends(consumer, place) for place in self._places(consumer) if place not in self._next}
        except KafkaException as error:
            log.warning("no broker says which partitions there are error=%s", error.args[0].str())
            return
        for place, (low, _) in new.items():
            self._go_on(place, low)
        if new:
            self._assign(consumer)

    def _go_on(self, place: Place, low: int) -> None:
        """Where it was left; a partition that came meanwhile began at 0. low: the first offset that is still there."""
        if gone := max(0, low - self._next.setdefault(place, 0)):
            self._next[place] = low
            log.warning(
                "events gone from the topic before they were recorded topic=%s partition=%s events=%s", *place, gone
            )

    def _places(self, consumer: Consumer) -> list[Place]:
        known = consumer.list_topics(timeout=_ANSWER_SECONDS).topics
        if lacking := [topic for topic in self.settings.kafka_topics if topic not in known]:
            raise CannotStart(
                f"there is no topic {', '.join(lacking)} at {self.settings.kafka_bootstrap_servers}: "
                "make it, or correct KAFKA_TOPICS"
            )
        return [(topic, number) for topic in self.settings.kafka_topics for number in known[topic].partitions]

    def _assign(self, consumer: Consumer) -> None:
        consumer.assign([TopicPartition(*place, offset) for place, offset in self._next.items()])

    def _is_message(self, delivered: Delivered) -> bool:
        error = delivered.error()
        if error is None:
            return True
        if error.code() in _GONE:
            raise JobError(f"{self._refused(error)}. What was heard is kept; start the same command again to go on.")
        log.warning("kafka error=%s", error.str())
        return False

    def _refused(self, error: KafkaError) -> str:
        why = f"{error.str()} ({self._trouble})" if self._trouble else error.str()
        return f"Kafka at {self.settings.kafka_bootstrap_servers} does not answer as it should: {why}"

    def _note(self, error: KafkaError) -> None:
        self._trouble = error.str()
        log.warning("kafka error=%s", error.str())


def _ends(consumer: Consumer, place: Place) -> tuple[int, int]:
    """The first offset of the partition, and the one behind its last. Raises KafkaException."""
    return consumer.get_watermark_offsets(TopicPartition(*place), _ANSWER_SECONDS) or (0, 0)
