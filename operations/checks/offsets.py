"""Whether what the job would read next is still in its topics: retention removes events, a topic may be made anew."""

import json
from collections.abc import Iterator, Mapping

from errors import CannotStart
from operations.checks.result import Result, failed, ok
from operations.checks.subject import Subject
from operations.integrity.ranges import Range
from operations.integrity.sequence import Partition
from operations.integrity.topics import topic_offsets
from runtime.continuation import behind_the_last_stored
from runtime.failures import AFTER_A_LOSS


def look(subject: Subject) -> Iterator[Result]:
    """The next offset of each partition, as checkpoint or ledger have it, beside what the broker still has."""
    settings = subject.settings
    whose, begin = _beginning(subject)
    there = topic_offsets(settings, settings.kafka_topics)
    gone = [f"{topic}/{partition} {why}" for (topic, partition), why in _losses(begin, there)]
    if gone:
        yield failed(f"{whose} goes on where the topics do not: {'; '.join(gone)}", AFTER_A_LOSS)
        return
    waiting = sum(max(0, high - max(low, begin.get(each, low))) for each, (low, high) in there.items())
    yield ok(f"{whose} goes on where the topics have it; {waiting:,} events wait")


def _losses(begin: Mapping[Partition, int], there: Mapping[Partition, Range]) -> Iterator[tuple[Partition, str]]:
    for partition, offset in sorted(begin.items()):
        if partition not in there:
            yield partition, f"is gone, or is not among --kafka-topics: offset {offset} is next"
            continue
        low, high = there[partition]
        if offset < low:
            yield partition, f"begins at {low}: {low - offset:,} events from {offset} on are gone"
        elif offset > high:
            yield partition, f"ends at {high}, and {offset} is next: the topic was made anew"


def _beginning(subject: Subject) -> tuple[str, dict[Partition, int]]:
    """Who says where the job goes on, and where; no offset: wherever the partition begins, or ends."""
    settings, offset_log = subject.settings, subject.offset_log
    if not offset_log.is_fresh():
        last = offset_log.last_committed()
        return "the checkpoint", _flat(offset_log.beginning() if last < 0 else offset_log.end(last))
    if stored := behind_the_last_stored(settings, subject.ledger):
        return "the ledger", {(each["topic"], each["partition"]): each["until"] for each in stored}
    named = json.loads(settings.kafka_starting) if settings.kafka_starting.startswith("{") else {}
    begin = {partition: offset for partition, offset in _flat(named).items() if offset >= 0}
    return "--kafka-starting (CASESTREAM_KAFKA_STARTING)", begin


def _flat(offsets: Mapping[str, Mapping[str, int]]) -> dict[Partition, int]:
    """As Spark writes them, {"topic":{"0":23}}. Raises CannotStart where another source has written them."""
    try:
        return {(topic, int(number)): offset for topic, parts in offsets.items() for number, offset in parts.items()}
    except (AttributeError, ValueError) as error:
        raise CannotStart(
            f"the checkpoint holds no offsets of topics but {str(offsets)[:100]}: it is another source's, and this one "
            "needs a --checkpoint (CASESTREAM_CHECKPOINT) of its own"
        ) from error
