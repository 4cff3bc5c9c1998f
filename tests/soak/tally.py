"""What became of every event of a feed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from spool.segments import decode
from tests.conftest import Documents
from tests.integration.crash_events import sha256_of
from tests.soak.feed import Feed

_SLACK = timedelta(seconds=2)
"""What is on its way when a connection breaks was sent so long before."""


@dataclass(frozen=True)
class Tally:
    """Of one feed, in events. handed_over: acknowledged by Kafka, or written by the receiver.

    foreign: stored, but never sent. silent: sent, not stored, and no gap in `coverage` says so, or it says that what
    was missed came later.
    """

    source: str
    sent: int
    handed_over: int
    stored: int
    dead_letters: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    foreign: tuple[str, ...]
    silent: tuple[str, ...]


def tally(feed: Feed, handed_over: Iterable[str], database: Documents) -> Tally:
    """All documents and dead letters of the feed's job against what was sent and what was handed over."""
    taken = set(handed_over)
    posts, letters = _posts(database, feed.source), _letters(database, feed.source)
    stored = posts + letters
    gaps = list(database["coverage"].find({"job": feed.source}))
    unheard = {name: feed.sent[name] for name in feed.sent.keys() - stored.keys()}
    return Tally(
        source=feed.source,
        sent=len(feed.sent),
        handed_over=len(taken),
        stored=stored.total(),
        dead_letters=letters.total(),
        lost=tuple(sorted(taken - stored.keys())),
        doubled=tuple(sorted(name for name, times in stored.items() if times > 1)),
        foreign=tuple(sorted(stored.keys() - feed.sent.keys())),
        silent=tuple(
            sorted(
                f"{at:%H:%M:%S.%f} {name}"
                for name, at in unheard.items()
                if not _is_in(gaps, at, feed.may_be_missed(name))
            )
        ),
    )


def written(feed: Feed, record: Path) -> list[str]:
    """The keys of the events that a receiver has written, by its record (see `recorded_main`)."""
    found: list[str] = []
    for segment in sorted(record.iterdir()):
        content = segment.read_bytes()
        for line in decode(content[: content.rfind(b"\n") + 1]):
            sha256 = sha256_of(line)
            found.append(feed.keys.get(sha256, sha256))
    return found


def _posts(database: Documents, job: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for document in database["micro_batches"].find({"job": job}, {"content.raw_text": 1}):
        found.update(post["raw_text"] for post in document["content"])
    return found


def _letters(database: Documents, job: str) -> Counter[str]:
    return Counter(letter["sha256"] for letter in database["dead_letters"].find({"job": job}, {"sha256": 1}))


def _is_in(gaps: Iterable[dict[str, Any]], at: datetime, recovered: frozenset[str]) -> bool:
    return any(gap["from"] - _SLACK <= at <= gap["to"] + _SLACK and gap["recovered"] in recovered for gap in gaps)
