"""The newest posts of a range: from the documents of its last micro-batches, found by the ledger, not by `content`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pymongo.database import Database

from ledger.asked import Asked

LATEST = 12
SAMPLE = 5_000
MOST_ROWS = 10
_MOST_BATCHES = 200
_SHOWN_CHARACTERS = 600
_SHOWN = {
    **{name: f"$$post.{name}" for name in ("created_at", "author", "lang")},
    "text": {"$substrCP": ["$$post.text", 0, _SHOWN_CHARACTERS]},
    "characters": {"$strLenCP": "$$post.text"},
}
_SMALL = {"$map": {"input": "$content.hashtags", "as": "tag", "in": {"$toLower": "$$tag"}}}
_TAGS = {"$setUnion": [_SMALL, []]}
"""Each of a post's hashtags once, in small letters."""


@dataclass(frozen=True)
class Counted:
    """The commonest values of a field, with the number of posts that have each, in the newest posts of the range."""

    languages: tuple[tuple[str | None, int], ...]
    hashtags: tuple[tuple[str, int], ...]
    posts: int


def latest_posts(database: Database[dict[str, Any]], asked: Asked) -> list[dict[str, Any]]:
    """The posts that were written last, the newest first, `LATEST` at most.

    Of each: created_at, author and lang (null: not given), text (its first 600 characters), characters (of all of it).
    """
    ids = _newest_documents(database, asked, LATEST)
    documents = database["micro_batches"].aggregate(
        [
            {"$match": {"_id": {"$in": ids}}},
            {"$project": {"content": {"$slice": ["$content", -LATEST]}}},
            {"$project": {"content": {"$map": {"input": "$content", "as": "post", "in": _SHOWN}}}},
        ]
    )
    posts = (post for document in documents for post in document["content"])
    return sorted(posts, key=lambda post: post["created_at"])[: -LATEST - 1 : -1]


def counted(database: Database[dict[str, Any]], asked: Asked) -> Counted:
    """Languages and hashtags of about `SAMPLE` posts: whole micro-batches from the last one back, one at least."""
    ids = _newest_documents(database, asked, SAMPLE)
    found = database["micro_batches"].aggregate(
        [
            {"$match": {"_id": {"$in": ids}}},
            {"$project": {"content.lang": 1, "content.hashtags": 1}},
            {"$unwind": "$content"},
            {"$project": {"lang": "$content.lang", "tags": _TAGS}},
            {
                "$facet": {
                    "posts": [{"$count": "posts"}],
                    "languages": _commonest("$lang"),
                    "hashtags": [{"$unwind": "$tags"}, *_commonest("$tags")],
                }
            },
        ]
    )
    (commonest,) = found
    posts = sum(each["posts"] for each in commonest["posts"])
    return Counted(tuple(_pairs(commonest["languages"])), tuple(_pairs(commonest["hashtags"])), posts)


def _newest_documents(database: Database[dict[str, Any]], asked: Asked, posts: int) -> list[str]:
    """The ids of the documents of the last micro-batches that hold so many posts together; some may have expired."""
    entries = database["batches"].find(
        {**asked.committed(), "posts": {"$gt": 0}},
        {"parts": 1, "posts": 1},
        sort=[("timestamp", -1)],
        limit=_MOST_BATCHES,
    )
    ids: list[str] = []
    found = 0
    for entry in entries:
        ids += [f"{entry['_id']}:{part}" for part in range(entry["parts"])]
        found += entry["posts"]
        if found >= posts:
            break
    return ids


def _commonest(value: object) -> list[dict[str, Any]]:
    return [
        {"$group": {"_id": value, "posts": {"$sum": 1}}},
        {"$sort": {"posts": -1, "_id": 1}},
        {"$limit": MOST_ROWS},
    ]


def _pairs(rows: Iterable[dict[str, Any]]) -> Iterable[tuple[Any, int]]:
    return ((row["_id"], row["posts"]) for row in rows)
