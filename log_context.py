"""What a log line belongs to: this process's job and query, and the batch that the thread has in hand.

`monitoring.logs` puts it into each line; who logs says only what happened.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from micro_batch import BatchId

_of_process: dict[str, str] = {}
_batch: ContextVar[BatchId | None] = ContextVar("batch", default=None)


def belongs_to(**names: str) -> None:
    """From now on every line of this process belongs to that, as to a `job` or a `query_id`."""
    _of_process.update(names)


@contextmanager
def in_batch(batch: BatchId) -> Iterator[None]:
    """What this thread logs while the block runs belongs to the batch."""
    token = _batch.set(batch)
    try:
        yield
    finally:
        _batch.reset(token)


def context() -> dict[str, str | int]:
    """job, query_id (strings) and batch_id (int), as far as they are known here and now."""
    batch = _batch.get()
    return {**_of_process, **({"query_id": batch.query_id, "batch_id": batch.number} if batch else {})}
