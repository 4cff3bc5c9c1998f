"""How far a job is behind its topics, by what Spark says of a trigger: no consumer asks the broker for it."""

from collections.abc import Mapping
from typing import Any


def offsets_behind(progress: Mapping[str, Any]) -> dict[str, int]:
    """Events of each topic that no batch has yet; {} for a source that is not Kafka.

    progress: `StreamingQuery.lastProgress`, of whose sources that of Kafka has endOffset and latestOffset, both
    {topic: {partition: offset}} (Spark 3.5, KafkaMicroBatchStream.reportLatestOffset).
    """
    behind: dict[str, int] = {}
    for source in progress["sources"]:
        end, latest = source.get("endOffset"), source.get("latestOffset")
        if not str(source.get("description", "")).startswith("Kafka") or not end or not latest:
            continue
        for topic, partitions in latest.items():
            read = end.get(topic, {})
            behind[topic] = sum(max(0, offset - read.get(number, 0)) for number, offset in partitions.items())
    return behind
