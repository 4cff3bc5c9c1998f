"""Whether what a peer has stored is right: every post there, once, its texts those of the reference."""

import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from pymongo.database import Database

from bench.places import EVENTS
from bench.reference import digest, expected
from bench.stand import read_events

Stored = dict[str, Any]
Found = Iterator[tuple[int, int]]
"""Id and digest of each post."""
_ENTRY = struct.Struct("<QQQQ")
WORDS, TEXTS, RAW = 1, 2, 3
"""What is compared: text, raw_text and lists; both texts; the raw text."""


class NotRight(Exception):
    """A result is not what it must be: its time does not count."""


def reference(number: int, compared: int) -> dict[int, int]:
    """The digest of each of the first so many events, by its id."""
    entries = _entries(number)
    return {entry[0]: entry[compared] for entry in _ENTRY.iter_unpack(entries)}


def _entries(number: int) -> bytes:
    file = EVENTS / f"reference-{number}.bin"
    if not file.is_file():
        scratch = Path(f"{file}.new")
        with scratch.open("wb") as entries:
            for post in map(expected, read_events(number)):
                texts, raw = digest(post.text, post.raw_text), digest("", post.raw_text)
                entries.write(_ENTRY.pack(int(post.id), post.digest(), texts, raw))
        scratch.rename(file)
    return file.read_bytes()


def compare(found: Iterable[tuple[int, int]], wanted: dict[int, int]) -> None:
    """Raises NotRight."""
    stored, posts, wrong = set(), 0, 0
    for id, seen in found:
        posts += 1
        wrong += wanted.get(id) != seen
        stored.add(id)
    if wrong or posts != len(wanted) or len(stored) != posts:
        twice, missing = posts - len(stored), len(wanted.keys() - stored)
        raise NotRight(f"of {len(wanted)} posts {missing} are missing, {twice} are there twice, {wrong} are wrong")


def in_documents(database: Database[Stored]) -> Found:
    """One document for each batch, the posts in `content`; small batches of documents, for they are large."""
    for document in database["micro_batches"].find({}, {"content": 1}, batch_size=1):
        yield from map(_words, document["content"])


def one_by_one(database: Database[Stored]) -> Found:
    """One document for each post."""
    return map(_words, database["posts"].find(batch_size=5_000))


def texts_only(database: Database[Stored]) -> Found:
    """One document for each post, of which only its texts are kept."""
    for post in database["posts"].find(batch_size=5_000):
        yield int(post["id"]), digest(post["text"], post["raw_text"])


def as_received(database: Database[Stored]) -> Found:
    """One document for each event, whole and not cleaned."""
    for event in database["posts"].find({}, {"data.id": 1, "data.text": 1}, batch_size=5_000):
        yield int(event["data"]["id"]), digest("", event["data"]["text"])


def _words(post: Stored) -> tuple[int, int]:
    lists = (post["hashtags"], post["mentions"], post["urls"])
    return int(post["id"]), digest(post["text"], post["raw_text"], *lists)


LAYOUTS: dict[str, tuple[Callable[[Database[Stored]], Found], int]] = {
    "documents": (in_documents, WORDS),
    "posts": (one_by_one, WORDS),
    "texts": (texts_only, TEXTS),
    "events": (as_received, RAW),
}
