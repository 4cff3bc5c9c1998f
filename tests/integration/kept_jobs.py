"""A killed job as a release of casestream left it, in one file: what later releases must go on from.

files: its checkpoint, its spool and the files that it reads, by path under `.data/covid`. collections: what the
database held, as MongoDB's extended JSON. before, in_hand: the events that were sent. topic: what its Kafka topic held.
The folder that the job ran in is `{folder}` wherever it stands; bytes stand as Latin-1.
"""

import os
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import confluent_kafka
from bson import json_util
from confluent_kafka import TIMESTAMP_CREATE_TIME, Consumer, TopicPartition

from tests.conftest import Documents
from tests.integration.crash_events import Event
from tests.integration.crash_points import Point
from tests.integration.files_scenario import MODIFIED, ROOM
from tests.integration.jobs import ROOT
from tests.servers.kafka import KafkaBroker

RELEASES = ROOT / "tests/releases"
_HOME = ".data/covid"
_FOLDER = "{folder}"
_READ_SECONDS = 30.0


class Message(NamedTuple):
    """Of a topic; timestamp in milliseconds since 1970."""

    partition: int
    timestamp: int
    value: str


class KeptJob(NamedTuple):
    """See above."""

    source: str
    point: Point
    before: list[Event]
    in_hand: list[Event]
    topic: str | None
    messages: list[Message]
    files: dict[str, str]
    collections: dict[str, list[dict[str, Any]]]

    def write(self, file: Path, folder: Path) -> None:
        """Keep it, whatever folder it ran in."""
        events = {name: [_told(event) for event in getattr(self, name)] for name in ("before", "in_hand")}
        text = json_util.dumps(self._asdict() | events, json_options=json_util.CANONICAL_JSON_OPTIONS, indent=0)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace(str(folder), _FOLDER) + "\n")

    def restore(self, folder: Path, database: Documents, broker: KafkaBroker | None) -> None:
        """Put files, documents and messages where they were; the topic is there and empty."""
        for name, content in self.files.items():
            file = folder / _HOME / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode("latin-1"))
            os.utime(file, (MODIFIED, MODIFIED))
        for name, documents in self.collections.items():
            database[name].insert_many(documents)
        for (partition, timestamp), messages in groupby(self.messages, key=itemgetter(0, 1)):
            assert broker is not None
            assert self.topic is not None
            values = [message.value.encode("latin-1") for message in messages]
            broker.produce(self.topic, values, partition=partition, timestamp=timestamp)


def read(file: Path, folder: Path) -> KeptJob:
    """As it was, in this folder."""
    kept = json_util.loads(file.read_text().replace(_FOLDER, str(folder)))
    for name in ("before", "in_hand"):
        kept[name] = [Event(event["sent"].encode("latin-1"), event["text"], event["id"]) for event in kept[name]]
    kept["messages"] = [Message(*message) for message in kept["messages"]]
    return KeptJob(**kept | {"point": Point(kept["point"])})


def files_of(folder: Path) -> dict[str, str]:
    """See above; without the sums that Hadoop keeps beside its files, which hold for one folder only."""
    home = folder / _HOME
    files = [
        file for room in ("checkpoint", "spool", ROOM) for file in sorted((home / room).rglob("*")) if file.is_file()
    ]
    return {str(file.relative_to(home)): file.read_bytes().decode("latin-1") for file in files if file.suffix != ".crc"}


def collections_of(database: Documents) -> dict[str, list[dict[str, Any]]]:
    """All that is stored, by collection."""
    stored = {name: list(database[name].find()) for name in sorted(database.list_collection_names())}
    return {name: documents for name, documents in stored.items() if documents}


def messages_of(broker: KafkaBroker, topic: str, number: int) -> list[Message]:
    """Both partitions of the topic, which holds so many, in the order of their offsets."""
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "keep", "log_level": 2})
    try:
        consumer.assign([TopicPartition(topic, partition, 0) for partition in range(2)])
        messages = consumer.consume(number, _READ_SECONDS)
    finally:
        consumer.close()
    assert len(messages) == number
    return [Message(*_sent(message)) for message in messages]


def _sent(message: confluent_kafka.Message) -> tuple[int, int, str]:
    partition, value, (kind, timestamp) = message.partition(), message.value(), message.timestamp()
    assert partition is not None
    assert value is not None
    assert kind == TIMESTAMP_CREATE_TIME
    return partition, timestamp, value.decode("latin-1")


def _told(event: Event) -> dict[str, str | None]:
    return event._asdict() | {"sent": event.sent.decode("latin-1")}
