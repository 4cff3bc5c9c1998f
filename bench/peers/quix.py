"""(b) Quix Streams with its own MongoDB sink: one document for each post, by its id (https://quix.io/docs/quix-streams).

It commits every ten thousand messages or seconds, writes in bulk, and replaces a post that comes again.
"""

import logging
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from quixstreams import Application
from quixstreams.models import TopicConfig
from quixstreams.sinks.community.mongodb import MongoDBSink

from bench.peers.cleaning import post
from bench.task import Task

_COMMIT_EVERY = 10_000


def main(task: Task) -> None:
    """Read all events of the topic, then end."""
    logging.getLogger("quixstreams").setLevel(logging.WARNING)
    application = Application(
        broker_address=task.bootstrap,
        consumer_group=task.name,
        auto_offset_reset="earliest",
        commit_every=_COMMIT_EVERY,
        commit_interval=5.0,
        loglevel="WARNING",
        consumer_extra_config={"queued.max.messages.kbytes": 131_072},
    )
    topic = application.topic(
        task.topic,
        value_deserializer="bytes",
        key_deserializer="bytes",
        config=TopicConfig(num_partitions=task.partitions, replication_factor=1),
    )
    server = urlsplit(task.uri)
    sink = MongoDBSink(
        host=str(server.hostname),
        port=int(server.port or 27017),
        db=task.database,
        collection="posts",
        document_matcher=lambda record: {"_id": record.value["id"]},
        update_method="ReplaceOne",
        upsert=True,
    )
    posts = application.dataframe(topic).apply(_post, metadata=True)
    posts.sink(sink)
    application.run(count=task.events, timeout=30.0)


def _post(value: bytes, _key: bytes | None, timestamp: int, _headers: object) -> dict[str, Any]:
    return post(value, "", datetime.fromtimestamp(timestamp / 1000, UTC))


if __name__ == "__main__":
    main(Task.from_arguments())
