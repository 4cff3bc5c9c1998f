"""From an event, as the broker stamps it, to a document that can be queried: 1,000 events/s, a trigger each second."""

import threading
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Producer
from pymongo.collection import Collection

from bench.casestream_job import entries, job
from bench.figures import percentile
from bench.processes import Failed
from bench.report import Result
from bench.stand import PARTITIONS, Stand, read_events, stand
from bench.task import Task

_RATE = 1_000
_WARM_UP_SECONDS = 20.0
_START_SECONDS = _DRAIN_SECONDS = 120.0
_SECONDS = {"tiny": 10.0, "quick": 30.0, "full": 120.0}
_TICK_SECONDS = 0.01
_LOOK_SECONDS = 0.02


def run(scale: str, server: str, say: Callable[[str], None]) -> Result:
    """Even arrivals, after a warm-up that does not count."""
    with stand(server) as place:
        topic = place.topic("posts", 0)
        task = place.task("latency", topic, 0, 1_000_000)
        say(f"{_RATE} events/s for {_WARM_UP_SECONDS + _SECONDS[scale]:.0f} s")
        seconds = _measure(place, task, _SECONDS[scale])
    figures = {f"p{percent}": round(percentile(seconds, percent), 3) for percent in (50, 90, 99, 100)}
    facts = {"seconds": figures, "posts": len(seconds)}
    rows = [[name, f"{value:,.2f}"] for name, value in figures.items()]
    title = f"Event to queryable document, seconds, {_RATE:,} events/s, trigger 1 s"
    return Result("latency", title, ["of the posts", "s"], rows, facts)


def _measure(place: Stand, task: Task, seconds: float) -> list[float]:
    with job(task, place.room(task), trigger_seconds="1") as program, place.client() as client:
        documents = client[task.database]["micro_batches"]
        first_seen: dict[str, float] = {}
        feed = threading.Thread(target=_feed, args=(task, _WARM_UP_SECONDS + seconds))
        _wait_for_the_job(documents, task, program.is_running)
        counted_from = time.time() + _WARM_UP_SECONDS
        feed.start()
        sent, deadline = int(_RATE * (_WARM_UP_SECONDS + seconds)), counted_from + seconds + _DRAIN_SECONDS
        while feed.is_alive() or sum(entry["posts"] for entry in entries(client[task.database])) <= sent:
            if time.time() > deadline or not program.is_running():
                raise Failed(f"the events were not stored {_DRAIN_SECONDS:.0f} s after the last\n{program.errors()}")
            _look(documents, first_seen)
            time.sleep(_LOOK_SECONDS)
        program.end()
        return _latencies(documents, first_seen, counted_from)


def _wait_for_the_job(documents: Collection[dict[str, Any]], task: Task, is_running: Callable[[], bool]) -> None:
    """One event goes ahead: the job has started when it is stored."""
    producer = Producer({"bootstrap.servers": task.bootstrap})
    _produce(producer, task.topic, next(read_events(1)), 0)
    producer.flush(30)
    deadline = time.monotonic() + _START_SECONDS
    while documents.estimated_document_count() == 0:
        if not is_running() or time.monotonic() > deadline:
            raise Failed(f"the job has stored nothing after {_START_SECONDS:.0f} s")
        time.sleep(_LOOK_SECONDS)


def _feed(task: Task, seconds: float) -> None:
    """Evenly, so many each tick, whatever the clock does in between."""
    producer = Producer({"bootstrap.servers": task.bootstrap, "linger.ms": 5, "compression.type": "lz4"})
    began = time.monotonic()
    for sent, event in enumerate(read_events(int(_RATE * seconds))):
        _produce(producer, task.topic, event, sent % PARTITIONS)
        while sent > (time.monotonic() - began) * _RATE:
            producer.poll(_TICK_SECONDS)
    producer.flush(30)


def _produce(producer: Producer, topic: str, event: bytes, partition: int) -> None:
    producer.produce(topic, event, partition=partition)
    producer.poll(0)


def _look(documents: Collection[dict[str, Any]], first_seen: dict[str, float]) -> None:
    """Note when a document is there for the first time."""
    for found in documents.find({}, {"_id": 1}):
        first_seen.setdefault(found["_id"], time.time())


def _latencies(documents: Collection[dict[str, Any]], first_seen: dict[str, float], counted_from: float) -> list[float]:
    seconds = []
    for document in documents.find({}, {"content.received_at": 1}, batch_size=10):
        seen = first_seen.get(document["_id"])
        if seen is not None:
            received = [post["received_at"].timestamp() for post in document["content"]]
            seconds += [seen - at for at in received if at >= counted_from]
    return seconds
