"""The documents of `micro_batches` that hold what is to be forgotten; `ledger.removal` takes it out of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forgotten import of_post
from ledger.forgotten import ForgottenLog
from operations.forgetting.targets import Targets
from operations.integrity.stored import Documents, Window
from operations.integrity.tally import posts_of

_READ = ("id", "kind", "author", "refers_to", "edit_of")


@dataclass(frozen=True)
class Hit:
    """A document that holds posts which go: their ids, and those of them that are no reposts, but may be reposted."""

    document: str
    posts: tuple[str, ...]
    originals: tuple[str, ...]


def hits(database: Documents, job: str, window: Window, targets: Targets) -> Iterator[Hit]:
    """The documents of a window that hold such posts."""
    return _hits(database, {"job": job, "timestamp": window.times}, targets)


def hits_of_batch(database: Documents, ids: Mapping[str, str], targets: Targets) -> Iterator[Hit]:
    """The documents of one batch, by the range of their ids, that hold such posts."""
    return _hits(database, {"_id": dict(ids)}, targets)


def _hits(database: Documents, those: dict[str, Any], targets: Targets) -> Iterator[Hit]:
    # Ids only, whatever is looked for: a condition on `content` makes some servers read the whole collection.
    read = {f"content.{name}": 1 for name in _READ}
    for document in database["micro_batches"].find(those, read):
        if going := [post for post in posts_of(document) if targets.takes(post)]:
            originals = tuple(str(post["id"]) for post in going if post.get("kind") != "repost")
            yield Hit(document["_id"], tuple(str(post["id"]) for post in going), originals)


def note(found: Sequence[Hit], targets: Targets, forgotten: ForgottenLog) -> None:
    """Before these go: an export may have no more of a repost than its id.

    All of them at once, since each time makes the jobs that run store their batches anew.
    """
    ids = {post for hit in found for post in hit.posts} - targets.posts
    forgotten.add(map(of_post, sorted(ids)))
