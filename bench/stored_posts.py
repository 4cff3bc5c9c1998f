"""A database with many posts, written without Spark: the demo's real tweets, laid out as a job lays them out."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from bson.int64 import Int64
from pymongo.database import Database

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BATCH_POSTS = 625
_TWEETS = Path(__file__).parents[1] / "demo" / "tweets.txt"
_QUERY = "11111111-2222-4333-8444-555555555555"
_DOCUMENTS_AT_ONCE = 16


def store(database: Database[dict[str, Any]], posts: int) -> None:
    """So many posts, in micro-batches of 625 that are 20 s apart, and their ledger."""
    texts = cycle([_made_of(line) for line in _TWEETS.read_text(encoding="utf-8").splitlines()])
    sizes = [min(BATCH_POSTS, posts - first) for first in range(0, posts, BATCH_POSTS)]
    for first in range(0, len(sizes), _DOCUMENTS_AT_ONCE):
        some = range(first, min(first + _DOCUMENTS_AT_ONCE, len(sizes)))
        database["micro_batches"].insert_many(_document(n, list(islice(texts, sizes[n]))) for n in some)
        database["batches"].insert_many(_entry(n, sizes[n]) for n in some)


def _made_of(text: str) -> dict[str, Any]:
    return {
        "text": re.sub(r"#(?=\w)|https?://\S+", "", text).strip(),
        "raw_text": text,
        "hashtags": re.findall(r"#(\w*[^\W\d]\w*)", text),
        "mentions": re.findall(r"@(\w+)", text),
        "urls": re.findall(r"https?://\S+", text),
    }


def _post(n: int, at: datetime, made_of_text: dict[str, Any]) -> dict[str, Any]:
    created_at = at - timedelta(milliseconds=15_000 - n % BATCH_POSTS * 20)
    metrics = {"likes": Int64(n % 5), "reposts": Int64(0), "replies": None, "quotes": None}
    return {
        "id": str(10**18 + n),
        "kind": "post",
        "text": made_of_text["text"],
        "raw_text": made_of_text["raw_text"],
        "created_at": created_at,
        "received_at": created_at + timedelta(milliseconds=250),
        "lang": ("en", "de", None)[n % 3],
        "author": str(7_000 + n % 50_000),
        "refers_to": None,
        "edit_of": None,
        "metrics": None if n % 2 else metrics,
        "hashtags": made_of_text["hashtags"],
        "mentions": made_of_text["mentions"],
        "urls": made_of_text["urls"],
        "source": "kafka",
        "origin": f"posts/0/{n:012d}",
    }


def _of_both(number: int, at: datetime) -> dict[str, Any]:
    count = {"status": "live", "provider": "worldometers", "as_of": BEGIN, "fetched_at": at}
    about = {"job": "covid", "source": "kafka", "batch_id": Int64(number), "timestamp": at, "parts": 1}
    return {**about, "total_case_count": Int64(704_753_890), "case_count": count}


def _document(number: int, texts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    at = BEGIN + number * timedelta(seconds=20)
    content = [_post(number * BATCH_POSTS + index, at, text) for index, text in enumerate(texts)]
    about = {"_id": f"{_QUERY}:{number}:0", "schema_version": 1, "part": 0, "posts": len(content)}
    return {**about, **_of_both(number, at), "content": content}


def _entry(number: int, posts: int) -> dict[str, Any]:
    at = BEGIN + number * timedelta(seconds=20)
    zero = dict.fromkeys(("dead_letters", "tombstones", "duplicates"), 0)
    sizes = {"posts": posts, "bytes": 600 * posts, "content_hash": f"{number:016x}", **zero}
    state = {"state": "committed", "planned_at": at, "committed_at": at, "newest_received_at": at}
    return {"_id": f"{_QUERY}:{number}", "query_id": _QUERY, **_of_both(number, at), **sizes, **state}
