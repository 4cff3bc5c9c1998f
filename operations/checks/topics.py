"""Whether the topics are there, and the user may describe and read them."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from operations.checks.result import Result, failed, ok
from operations.checks.subject import Subject
from operations.kafka_consumer import client_options

log = logging.getLogger(__name__)

_ANSWER_SECONDS = 5.0
_NOT_THERE, _NOT_ALLOWED = KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.TOPIC_AUTHORIZATION_FAILED
_NEEDED = ("DESCRIBE", "READ")


def look(subject: Subject) -> Iterator[Result]:
    """The brokers say what this user may do with each: KIP-430, https://cwiki.apache.org/confluence/x/FwqcBg."""
    settings = subject.settings
    client = AdminClient(client_options(settings), logger=log)
    asked = client.describe_topics(
        TopicCollection(list(settings.kafka_topics)),
        include_authorized_operations=True,
        request_timeout=_ANSWER_SECONDS,
    )
    for name, answer in asked.items():
        try:
            topic = answer.result(_ANSWER_SECONDS)
        except KafkaException as refusal:
            yield _refused(name, refusal.args[0], settings.kafka_sasl_username)
            continue
        if lacking := _lacking(topic.authorized_operations):
            who = _who(settings.kafka_sasl_username)
            yield failed(f"{who} may not {' and '.join(lacking)} topic {name}", _rights(name))
        else:
            yield ok(f"{name}, {len(topic.partitions)} partitions")


def _lacking(operations: Iterable[Any] | None) -> list[str]:
    """Of those that are needed. A broker older than Kafka 2.3 does not say: then none."""
    allowed = _NEEDED if operations is None else [each.name for each in operations]
    return [each.lower() for each in _NEEDED if each not in allowed]


def _refused(topic: str, error: KafkaError, user: str | None) -> Result:
    if error.code() == _NOT_THERE:
        return failed(f"there is no topic {topic}", "make it, or correct --kafka-topics (CASESTREAM_KAFKA_TOPICS)")
    if error.code() == _NOT_ALLOWED:
        return failed(f"{_who(user)} may not describe topic {topic}, if there is one", _rights(topic))
    return failed(f"topic {topic}: {error.str()}", "see the brokers' own logs")


def _who(user: str | None) -> str:
    return user or "who does not log in"


def _rights(topic: str) -> str:
    return (
        "give the user of CASESTREAM_KAFKA_SASL_USERNAME the rights: kafka-acls.sh --add --allow-principal User:… "
        f"--operation Describe --operation Read --topic {topic}"
    )
