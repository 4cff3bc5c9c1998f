"""A topic's own offsets, against what the job has stored of it."""

import logging
from collections.abc import Iterable, Mapping

from confluent_kafka import Consumer, KafkaException, TopicPartition

from errors import CannotStart
from operations.integrity.findings import Kind, Report
from operations.integrity.ranges import Range, Ranges
from operations.integrity.sequence import Partition
from operations.kafka_consumer import consumer_options
from settings import Settings

log = logging.getLogger(__name__)

_ANSWER_SECONDS = 10.0


def topic_offsets(settings: Settings, topics: Iterable[str]) -> dict[Partition, Range]:
    """First offset that is there and the next one that will be, of each partition of these topics.

    Raises CannotStart where no broker answers, or one refuses. A topic that is not there has no partitions.
    """
    consumer = Consumer(consumer_options(settings, "casestream-verify"), logger=log)
    try:
        found: dict[Partition, Range] = {}
        known = consumer.list_topics(timeout=_ANSWER_SECONDS).topics
        for topic in sorted(set(topics) & set(known)):
            for partition in known[topic].partitions:
                offsets = consumer.get_watermark_offsets(TopicPartition(topic, partition), _ANSWER_SECONDS)
                if offsets is None:
                    raise CannotStart(f"Kafka at {settings.kafka_bootstrap_servers} does not say what {topic} holds")
                found[topic, partition] = offsets
    except KafkaException as error:
        servers = settings.kafka_bootstrap_servers
        raise CannotStart(f"no Kafka broker answers as it should at {servers}: {error.args[0].str()}") from error
    finally:
        consumer.close()
    return found


def compare(stored: Mapping[Partition, Ranges], there: Mapping[Partition, Range], report: Report) -> None:
    """Report what of these partitions lies outside of what is stored."""
    for partition, (low, high) in sorted(there.items()):
        ranges, where = stored.get(partition), f"{partition[0]}/{partition[1]}"
        end = max(low, ranges.end) if ranges else low
        if ranges and ranges.end > high:
            report.add(Kind.TOPIC_SHORT, where, f"an end at {high}", f"{ranges.end} or more, which is stored")
        if ranges and ranges.begin > low:
            report.add(Kind.BEGINS_LATER, where, f"offsets from {low}", f"{ranges.begin}, where the job began")
        if end < high:
            report.add(Kind.WAITING, where, f"{high - end} behind offset {end - 1}", "0 once a job has stored them")
