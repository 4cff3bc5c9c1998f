"""The committed batches, cut into windows that are each read at once: memory is bounded by a window."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from casestream.connection import Documents
from casestream.reading import find
from casestream.schemas import TIME
from casestream.selection import Selection

_LISTED = {"_id": pa.string(), "timestamp": TIME, "parts": pa.int64(), "posts": pa.int64(), "bytes": pa.int64()}
_ROWS_AT_ONCE = 10_000
_IDS = 5_000  # of documents in one query, a quarter of a megabyte


@dataclass(frozen=True)
class Limits:
    """What a window holds at most, as far as whole batches fit; a batch above `batch_bytes` is divided by its parts.

    Bytes are those of the posts in BSON, as the ledger has them: an upper bound.
    """

    posts: int
    bytes: int
    batch_bytes: int


@dataclass
class Window:
    """Documents of `micro_batches` to read at once, by their `_id`; posts and bytes are what they hold, about.

    is_in_parts: whether a batch's posts are in more than one of them.
    """

    ids: list[str] = field(default_factory=list)
    posts: int = 0
    bytes: int = 0
    is_in_parts: bool = False


def committed(database: Documents, selection: Selection) -> pa.Table:
    """One row for each committed batch that holds posts still, by (timestamp, _id): under a hundred bytes each.

    Columns: _id, timestamp, parts, posts, bytes, as in `batches`. Raises what `reading.find` raises.
    """
    chosen = {**selection.of_batches(), "posts": {"$gt": 0}, "expired_at": None}
    return find(database["batches"], chosen, _LISTED).sort_by([("timestamp", "ascending"), ("_id", "ascending")])


def windows(batches: pa.Table, limits: Limits) -> Iterator[Window]:
    """The documents of the batches (`committed`), in their order."""
    window = Window()
    for part_of_batch in _pieces(batches, limits):
        if window.ids and _is_too_much(window, part_of_batch, limits):
            yield window
            window = Window()
        window.ids += part_of_batch.ids
        window.posts += part_of_batch.posts
        window.bytes += part_of_batch.bytes
        window.is_in_parts |= part_of_batch.is_in_parts
    if window.ids:
        yield window


def _is_too_much(window: Window, more: Window, limits: Limits) -> bool:
    return (
        window.posts + more.posts > limits.posts
        or window.bytes + more.bytes > limits.bytes
        or len(window.ids) + len(more.ids) > _IDS
    )


def _pieces(batches: pa.Table, limits: Limits) -> Iterator[Window]:
    """Each batch, or as many of its parts as keep within the limit."""
    for some in batches.to_batches(_ROWS_AT_ONCE):
        columns = (some[name].to_pylist() for name in ("_id", "parts", "posts", "bytes"))
        for name, parts, posts, size in zip(*columns, strict=True):
            at_once = parts if size <= limits.batch_bytes else max(1, parts * limits.batch_bytes // size)
            for first in range(0, parts, at_once):
                numbers = range(first, min(first + at_once, parts))
                share = len(numbers) / parts
                ids = [f"{name}:{number}" for number in numbers]
                yield Window(ids, round(posts * share), round(size * share), len(ids) > 1)
