"""(a) The loop that a good programmer writes in an afternoon: confluent-kafka, orjson, re, pymongo.

One document for each batch, in parts that stay under MongoDB's limit; offsets are committed once a batch is stored. The
ids are those of the offsets, so that a batch which is read again replaces itself.
"""

import re
import sys
from datetime import UTC, datetime
from typing import Any
from urllib.request import urlopen

from confluent_kafka import Consumer, Message, TopicPartition
from pymongo import MongoClient, ReplaceOne
from pymongo.collection import Collection

from bench.peers.cleaning import post
from bench.task import Task, report

_POSTS_OF_A_PART = 10_000  # about 7 MB
_COUNT = re.compile(rb'maincounter-number"><span[^>]*>([\d,]+)')


def main(task: Task, partitions: list[int]) -> None:
    """Read these partitions to the end. Several processes, with partitions of their own, share a topic."""
    consumer = Consumer(
        {
            "bootstrap.servers": task.bootstrap,
            "group.id": task.name,
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "queued.max.messages.kbytes": 131_072,
            "fetch.message.max.bytes": 4_194_304,
        }
    )
    consumer.assign([TopicPartition(task.topic, partition, 0) for partition in partitions])
    documents = MongoClient[dict[str, Any]](task.uri, w="majority", journal=True)[task.database]["micro_batches"]
    ends = [consumer.get_watermark_offsets(TopicPartition(task.topic, partition))[1] for partition in partitions]
    left, done = sum(ends), 0
    report(0)
    while left:
        messages = _read(consumer, min(task.batch * len(partitions) // task.partitions, left))
        _store(documents, messages, _count(task.count_url), task.name)
        consumer.commit(asynchronous=False)
        left, done = left - len(messages), done + len(messages)
        report(done)
    consumer.close()


def _read(consumer: Consumer, number: int) -> list[Message]:
    messages: list[Message] = []
    while len(messages) < number:
        messages += consumer.consume(min(10_000, number - len(messages)), 1.0)
    return messages


def _store(documents: Collection[dict[str, Any]], messages: list[Message], count: int, job: str) -> None:
    posts = [_post(message) for message in messages]
    now, first = datetime.now(UTC), posts[0]["origin"]
    parts = [posts[begin : begin + _POSTS_OF_A_PART] for begin in range(0, len(posts), _POSTS_OF_A_PART)]
    for number, content in enumerate(parts):
        document = {
            "_id": f"{first}:{number}",
            "job": job,
            "part": number,
            "parts": len(parts),
            "posts": len(content),
            "content": content,
            "timestamp": now,
            "total_case_count": count,
        }
        documents.bulk_write([ReplaceOne({"_id": document["_id"]}, document, upsert=True)])


def _post(message: Message) -> dict[str, Any]:
    received_at = datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC)
    return post(message.value() or b"", f"{message.topic()}/{message.partition()}/{message.offset()}", received_at)


def _count(url: str) -> int:
    """Once for each batch."""
    with urlopen(url, timeout=5) as page:
        found = _COUNT.search(page.read())
    return int(found[1].replace(b",", b"")) if found else 0


if __name__ == "__main__":
    asked = Task.from_arguments()
    main(asked, [int(each) for each in sys.argv[2].split(",")] if sys.argv[2:] else [*range(asked.partitions)])
