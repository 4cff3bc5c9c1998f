"""Dead letters that name what is to be forgotten."""

from collections.abc import Iterator
from typing import Any

from micro_batch import BatchId, ids_below
from operations.forgetting.targets import Targets
from operations.integrity import stored
from operations.integrity.stored import Documents, Window


def letters(database: Documents, job: str, window: Window, targets: Targets) -> Iterator[str]:
    """The `_id`s of those of a window's batches. Their bytes are read one letter at a time."""
    for _, letter in stored.dead_letters(database, job, window):
        if _names(letter, targets):
            yield str(letter["_id"])


def letters_of_batch(database: Documents, job: str, batch: BatchId, targets: Targets) -> Iterator[str]:
    """The same of one batch."""
    those = {"job": job, "batch_id": batch.number, "_id": ids_below(batch.query_id)}
    for letter in database["dead_letters"].find(those, {"raw": 1}):
        if _names(letter, targets):
            yield str(letter["_id"])


def _names(letter: dict[str, Any], targets: Targets) -> bool:
    raw = letter.get("raw")
    return isinstance(raw, bytes) and targets.holds(raw)
