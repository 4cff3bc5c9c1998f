"""A database with something for every panel, some of it nasty, and what the page has to make of it, asked plainly."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.database import Database

from tests.filled import Filling, fill, gap

NASTY = (
    "<script>window.hacked = 1; alert(1)</script> hello",
    '<img src="x" onerror="window.hacked = 1"> a picture',
    "**bold** _thin_ `code` [a link](http://example.org) # a heading",
    "it costs $x^2$ and $y$ dollars",
    ":red[x] :smile: :material/delete: <- ->",
    "مرحبا بالعالم עברית",
    "emoji 😀👩‍👩‍👧🦠, &amp; and &lt;b&gt;",
    "long" * 120,
)
NASTY_TAG, NASTY_CAUSE = "<b>tag</b>", "<i onclick='window.hacked = 1'>hung up</i> **now** :red[x]"
FILLING = Filling(batches=30, posts=40, dead_letters=3, parts=2)
Documents = Database[dict[str, Any]]


def store(database: Documents) -> None:
    """The job `covid` of half an hour ago, with gaps, nasty posts and a batch that is not committed; `other`, older."""
    now = datetime.now(UTC).replace(microsecond=0)
    begin = now - timedelta(minutes=30)
    fill(database, Filling(**{**vars(FILLING), "begin": begin}))
    fill(database, Filling(job="other", query="other", batches=2, posts=7, begin=now - timedelta(hours=3)))
    gap(database, "covid", "kafka", begin + timedelta(minutes=2), begin + timedelta(minutes=4))
    gap(database, "covid", "kafka", begin + timedelta(minutes=9), None)
    database["coverage"].update_one({"to": None}, {"$set": {"cause": NASTY_CAUSE}})
    _make_nasty(database)
    _take_back(database)


def committed(database: Documents, job: str) -> list[dict[str, Any]]:
    """The job's committed entries, the newest first."""
    return list(database["batches"].find({"job": job, "state": "committed"}, sort=[("timestamp", -1)]))


def posts(database: Documents, job: str) -> Iterator[dict[str, Any]]:
    """The posts of its committed batches."""
    ids = {entry["_id"] for entry in committed(database, job)}
    for document in database["micro_batches"].find({"job": job}):
        if document["_id"].rpartition(":")[0] in ids:
            yield from document["content"]


def commonest(values: Iterator[Any]) -> list[list[str]]:
    """The ten commonest, each with its number."""
    ordered = sorted(Counter(values).items(), key=lambda item: (-item[1], item[0] or ""))
    return [[value, f"{count:,}"] for value, count in ordered[:10]]


def _make_nasty(database: Documents) -> None:
    """The posts of the last committed batch; they are the latest that the page shows."""
    entry = committed(database, "covid")[1]
    document = database["micro_batches"].find_one({"_id": f"{entry['_id']}:0"})
    assert document is not None
    for post, text in zip(reversed(document["content"]), NASTY, strict=False):
        nasty = {"text": text, "author": "<u>me</u>", "hashtags": [NASTY_TAG, NASTY_TAG.upper()]}
        post.update(nasty, created_at=entry["timestamp"] - timedelta(milliseconds=1))
    document["content"].sort(key=lambda post: post["created_at"])
    database["micro_batches"].replace_one({"_id": document["_id"]}, document)


def _take_back(database: Documents) -> None:
    """The last batch is planned only, though its documents and dead letters are there."""
    last = committed(database, "covid")[0]
    database["batches"].update_one({"_id": last["_id"]}, {"$set": {"state": "planned", "committed_at": None}})
