"""A model of a batch's time, fitted to measurements, and what it says of a cluster.

    seconds of a batch = fixed + posts * cost

It assumes that a batch costs the driver the same whatever it holds; that every post costs the same, in a batch of any
size; and that all cores were busy with that cost. Broker and server had a part of these cores, so `core_seconds` is
more than a post costs an executor. Of what a cluster is besides, it knows what `Surroundings` says, and nothing of a
network, skewed partitions, stragglers, or the garbage collection of large heaps.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

_PASSES = 3  # over the partitions in a batch of several documents: counted, sizes of the parts, shuffled
_MONGODB = "MongoDB's primaries"


@dataclass(frozen=True)
class Model:
    """fixed: seconds of a batch; cost: seconds a post, on so many cores; post_bytes: of a post in a document.

    largest_error: of the batches' seconds that it was fitted to, as a part of them. serial_share: the part of a batch's
    seconds on one core that a second one does not halve (Amdahl), below 0 where two were more than twice as fast.
    """

    fixed: float
    cost: float
    cores: int
    post_bytes: float
    largest_error: float
    serial_share: float

    def seconds(self, posts: float) -> float:
        """Of a batch."""
        return self.fixed + posts * self.cost

    @property
    def core_seconds(self) -> float:
        """Of one core, for a post."""
        return self.cost * self.cores


def fit(measured: Mapping[int, float], on_cores: Mapping[int, float], cores: int, post_bytes: float) -> Model:
    """By least squares of the relative errors, so that the small batches count as the large ones do.

    measured: a batch's seconds by its posts; on_cores: those of one size, on 1 and on 2 cores. Raises ValueError where
    there are too few, or larger batches are no slower.
    """
    if len(measured) < 2:
        raise ValueError(f"{len(measured)} size of batch: a line takes two")
    posts, seconds = np.array(list(measured), dtype=float), np.array(list(measured.values()))
    of_fixed_and_cost = np.stack([1 / seconds, posts / seconds], axis=1)
    fixed, cost = map(float, np.linalg.lstsq(of_fixed_and_cost, np.ones(len(posts)))[0])
    if cost <= 0:
        raise ValueError(f"larger batches are no slower, {dict(measured)}: nothing to fit")
    errors = np.abs((fixed + posts * cost) / seconds - 1)
    return Model(fixed, cost, cores, post_bytes, float(errors.max()), serial_share=2 * on_cores[2] / on_cores[1] - 1)


@dataclass(frozen=True)
class Surroundings:
    """What a cluster's executors depend on. Assumptions, to be set to one's own: none of them was measured.

    trigger_seconds, document_bytes: as the job is told. partitions: of the topics; a partition is a task.
    ledger_seconds: a batch's round trips to a real server. task_seconds: the driver's, to launch one task.
    primary_bytes: of documents a second that one shard's primary takes, journalled and by a majority.
    """

    trigger_seconds: float = 20
    document_bytes: int = 8_000_000
    partitions: int = 200
    ledger_seconds: float = 0.1
    task_seconds: float = 0.004
    primary_bytes: float = 100e6
    shards: int = 1


@dataclass(frozen=True)
class Prediction:
    """Posts a second: the smallest of the ceilings, and which one that is.

    shards_wanted: with so many, MongoDB is not the smallest.
    """

    executors: int
    posts_per_second: float
    limit: str
    ceilings: dict[str, float]
    shards_wanted: int


def predict(model: Model, executors: int, around: Surroundings, cores: int = 4) -> Prediction:
    """Of a job that handles what comes in a trigger before the next one. cores: of an executor."""
    ceilings = _ceilings(model, executors * cores, around)
    limit = min(ceilings, key=lambda name: ceilings[name])
    others = min(rate for name, rate in ceilings.items() if name != _MONGODB)
    shards = math.ceil(others / ceilings[_MONGODB] * around.shards)
    return Prediction(executors, ceilings[limit], limit, ceilings, shards)


def _ceilings(model: Model, cores: int, around: Surroundings) -> dict[str, float]:
    """Posts a second that each would take, were it alone."""
    at_work = max(0.0, around.trigger_seconds - model.fixed - around.ledger_seconds)  # of a trigger, for tasks
    one_core = at_work / around.trigger_seconds / model.core_seconds
    documents = max(0.0, at_work / around.task_seconds - _PASSES * around.partitions)  # a task each
    return {
        "executors' cores": one_core * cores,
        "Kafka partitions": one_core * around.partitions,
        "driver's tasks": documents * around.document_bytes / model.post_bytes / around.trigger_seconds,
        _MONGODB: around.shards * around.primary_bytes / model.post_bytes,
    }
