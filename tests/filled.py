"""A database as a job leaves it, made without Spark: the demo's real tweets in committed micro-batches."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from bson.int64 import Int64
from pymongo.database import Database

from sinks import fingerprint
from sinks.documents import SCHEMA_VERSION

TWEETS = Path(__file__).parents[1] / "demo" / "tweets.txt"
BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)
CASES = 704_753_890
_BAD = (b"\xff\xfe", b'{"no": "text"}', b"{")
_PROBLEMS = ("not_utf8", "not_a_post", "not_json")


@dataclass(frozen=True)
class Filling:
    """What to store: so many batches of so many posts, `seconds` apart from `begin` on, in so many parts each.

    dead_letters: in each batch. The numbers of posts and authors go on from batch to batch: post n has the id
    str(10**18 + n), and author str(7_000 + n % authors).
    """

    job: str = "covid"
    source: str = "kafka"
    query: str = "11111111-2222-4333-8444-555555555555"
    batches: int = 3
    posts: int = 60
    dead_letters: int = 0
    parts: int = 1
    authors: int = 10
    begin: datetime = BEGIN
    seconds: float = 20
    total_case_count: int = CASES
    status: str = "live"


def fill(database: Database[dict[str, Any]], filling: Filling) -> None:
    """Store it: documents, dead letters, ledger entries that agree with them, the lease of a job that was stopped."""
    texts = cycle(TWEETS.read_text(encoding="utf-8").splitlines())
    for number in range(filling.batches):
        at = filling.begin + timedelta(seconds=number * filling.seconds)
        posts = list(_posts(list(islice(texts, filling.posts)), number, at, filling))
        letters = list(_dead_letters(number, at, filling))
        if documents := list(_documents(posts, number, at, filling)):
            database["micro_batches"].insert_many(documents)
        if letters:
            database["dead_letters"].insert_many(letters)
        database["batches"].insert_one(_entry(posts, letters, number, at, filling))
    end = filling.begin + timedelta(seconds=filling.batches * filling.seconds)
    lease = {"holder": "h", "host": "localhost", "pid": 1, "epoch": 1, "checkpoint": f"file:///{filling.job}"}
    beats = {"spool": None, "period_seconds": 30.0, "heartbeat": end, "state": "released"}
    database["leases"].replace_one(
        {"_id": filling.job}, {**lease, **beats, "stop_requested": False, "last_alive": end}, upsert=True
    )


def gap(database: Database[dict[str, Any]], job: str, source: str, begin: datetime, end: datetime | None) -> None:
    """A gap of the job's coverage; open without an end."""
    name = f"{job}:{round(begin.timestamp() * 1000)}"
    entry = {"_id": name, "job": job, "source": source, "from": begin, "to": end}
    database["coverage"].insert_one({**entry, "cause": "the peer hung up", "recovered": "lost"})


def asked(
    database: Database[dict[str, Any]],
    batch: str,
    origin: str,
    post_id: str,
    at: datetime,
    kind: str = "deleted",
    job: str = "covid",
) -> None:
    """What a batch, by its `_id`, asks to go: in `removals`, and in its entry, as if the event had come with it."""
    query, _, number = batch.partition(":")
    removal = {"_id": f"{query}:{origin}", "job": job, "source": Filling.source, "batch_id": Int64(number)}
    removal |= {"post_id": post_id, "kind": kind, "origin": origin, "received_at": at, "done_at": None, "due_at": at}
    database["removals"].insert_one(removal)
    entry = database["batches"].find_one({"_id": batch}) or {}
    hashes = {
        name: fingerprint.content_hash(int(entry.get(name, "0"), 16) + fingerprint.of_removal(removal))
        for name in ("content_hash", "removals_hash")
    }
    change: dict[str, Any] = {"$set": hashes, "$inc": {"edits": 1}}
    if kind != "edited":  # an event of its own; an edit is one of the batch's posts
        topic, partition, offset = origin.split("/")
        place = {"topic": topic, "partition": int(partition), "from": int(offset), "until": int(offset) + 1}
        change = {"$set": hashes, "$inc": {"deletions": 1}, "$push": {"offsets": place}}
    database["batches"].update_one({"_id": batch}, change)


def _posts(texts: Sequence[str], number: int, at: datetime, filling: Filling) -> Iterator[dict[str, Any]]:
    for index, text in enumerate(texts):
        n = number * filling.posts + index
        created_at = at - timedelta(milliseconds=15_000 - index * (15_000 // max(len(texts), 1)))
        yield {
            "id": str(10**18 + n),
            "kind": "post",
            "text": re.sub(r"#(?=\w)|https?://\S+", "", text).strip(),
            "raw_text": text,
            "created_at": created_at,
            "received_at": created_at + timedelta(milliseconds=250),
            "lang": ("en", "de", None)[n % 3],
            "author": str(7_000 + n % filling.authors),
            "refers_to": None,
            "edit_of": None,
            "metrics": None if n % 2 else {"likes": Int64(n % 5), "reposts": Int64(0), "replies": None, "quotes": None},
            "hashtags": re.findall(r"#(\w*[^\W\d]\w*)", text),
            "mentions": re.findall(r"@(\w+)", text),
            "urls": re.findall(r"https?://\S+", text),
            "source": filling.source,
            "origin": f"posts/0/{number * (filling.posts + filling.dead_letters) + index}",
        }


def _dead_letters(number: int, at: datetime, filling: Filling) -> Iterator[dict[str, Any]]:
    for index in range(filling.dead_letters):
        raw = _BAD[index % len(_BAD)]
        offset = number * (filling.posts + filling.dead_letters) + filling.posts + index
        yield {
            "_id": f"{filling.query}:posts/0/{offset}",
            "raw": raw,
            "length": Int64(len(raw)),
            "sha256": hashlib.sha256(raw).hexdigest(),
            "problem": _PROBLEMS[index % len(_BAD)],
            "origin": f"posts/0/{offset}",
            "headers": None,
            "job": filling.job,
            "source": filling.source,
            "batch_id": Int64(number),
            "received_at": at,
            "requeued_at": None,
        }


def _documents(
    posts: Sequence[dict[str, Any]], number: int, at: datetime, filling: Filling
) -> Iterator[dict[str, Any]]:
    for part in range(filling.parts):
        content = list(posts[part :: filling.parts])
        if not content:
            continue
        yield {
            "_id": f"{filling.query}:{number}:{part}",
            "schema_version": SCHEMA_VERSION,
            "job": filling.job,
            "source": filling.source,
            "batch_id": Int64(number),
            "part": part,
            "parts": filling.parts,
            "posts": len(content),
            "content": sorted(content, key=lambda post: (post["created_at"], post["origin"])),
            "timestamp": at,
            "total_case_count": Int64(filling.total_case_count),
            "case_count": _case_count(at, filling),
        }


def _case_count(at: datetime, filling: Filling) -> dict[str, Any]:
    is_known = filling.status in ("live", "cached")
    times = {"as_of": datetime(2024, 4, 13, 1, tzinfo=UTC), "fetched_at": at} if is_known else {}
    flags = ["stale"] if is_known else []
    return {
        "status": filling.status,
        "provider": "worldometers",
        "as_of": None,
        "fetched_at": None,
        **times,
        "flags": flags,
    }


def _entry(
    posts: Sequence[dict[str, Any]], letters: Sequence[dict[str, Any]], number: int, at: datetime, filling: Filling
) -> dict[str, Any]:
    events = filling.posts + filling.dead_letters
    total = sum(map(fingerprint.of_post, posts)) + sum(map(fingerprint.of_dead_letter, letters))
    offsets = {"topic": "posts", "partition": 0, "from": number * events, "until": (number + 1) * events}
    return {
        "_id": f"{filling.query}:{number}",
        "job": filling.job,
        "source": filling.source,
        "query_id": filling.query,
        "batch_id": number,
        "timestamp": at,
        "total_case_count": filling.total_case_count,
        "case_count": _case_count(at, filling),
        "offsets": [offsets],
        "parts": filling.parts if posts else 0,
        "posts": len(posts),
        "dead_letters": len(letters),
        "tombstones": 0,
        "duplicates": 0,
        "bytes": 600 * len(posts),
        "content_hash": fingerprint.content_hash(total),
        "newest_received_at": at,
        "code_version": "0.1.0",
        "from_start": False,
        "epoch": 1,
        "state": "committed",
        "planned_at": at + timedelta(seconds=1),
        "committed_at": at + timedelta(seconds=2),
        "seconds": 1.0,
        "lag_seconds": 2.0,
        "spans": {"process": 300.0, "documents": 200.0},
    }
