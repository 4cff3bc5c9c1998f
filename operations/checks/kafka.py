"""Whether a broker answers, and lets the job in.

Asked by librdkafka, as manage.py verify does: Spark's own client would need a JVM. Where no authority is named it goes
by the machine's list, and Spark by Java's.
"""

import logging
from collections.abc import Iterator, Sequence
from time import monotonic

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from operations.checks.result import Result, failed, ok
from operations.checks.subject import Subject
from operations.kafka_consumer import client_options
from processors import kafka_refusals as refusals
from settings import Settings

log = logging.getLogger(__name__)

_ANSWER_SECONDS, _STEP_SECONDS = 5.0, 0.5
_FOR_GOOD = ("_AUTHENTICATION", "_SSL")


def look(subject: Subject) -> Iterator[Result]:
    """Asks for the brokers of the cluster."""
    settings = subject.settings
    heard: list[KafkaError] = []
    brokers = _ask(settings, heard)
    if brokers is None:
        yield _explained(heard, settings)
    else:
        yield ok(f"{settings.kafka_bootstrap_servers} answers, {brokers} brokers")


def _ask(settings: Settings, heard: list[KafkaError]) -> int | None:
    """How many brokers there are; None where none answers, and `heard` has why."""
    options = client_options(settings) | {"error_cb": heard.append}
    client = AdminClient(options, logger=log)
    ends_at = monotonic() + _ANSWER_SECONDS
    while monotonic() < ends_at and not any(error.name() in _FOR_GOOD for error in heard):
        try:
            return len(client.list_topics(timeout=_STEP_SECONDS).brokers)
        except KafkaException as error:
            client.poll(0)  # calls error_cb, which has the reason
            last = error.args[0]
    heard.append(last)
    return None


def _explained(heard: Sequence[KafkaError], settings: Settings) -> Result:
    said = {error.name(): error.str().rpartition(" (after ")[0] or error.str() for error in reversed(heard)}
    if "_AUTHENTICATION" in said:
        is_kind = "mechanism handshake failed" in said["_AUTHENTICATION"]
        return failed((refusals.mechanism if is_kind else refusals.login)(settings, said["_AUTHENTICATION"]))
    if "_SSL" in said:
        return failed(refusals.certificate(settings, said["_SSL"], "this machine's list of authorities"))
    if (plain_text := refusals.plain_text(settings)) is not None:
        return failed(plain_text)
    if refused := [each.str() for each in heard if each.name() == "_RESOLVE" or "Connect to" in each.str()]:
        return failed(refusals.absence(settings, refused[0]))
    return failed(
        refusals.silence(settings, heard[-1].str()),
        "see that a broker listens there, that it is not overloaded, and which protocol it speaks",
    )
