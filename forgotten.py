"""What must not be stored again: hashes of ids, from which nobody can tell who or what it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any


@dataclass(frozen=True)
class Forgotten:
    """hashes: 64 hex digits each (`of_post`, `of_author`, `sha256` of a dead letter). as_of: when the newest was added.

    A hash takes 150 bytes of the driver's memory, and as much in each executor while a batch is read.
    """

    hashes: frozenset[str] = frozenset()
    as_of: datetime | None = None


def of_post(post_id: str) -> str:
    """The hash of a post's id: SHA-256 of `post:<id>`, 64 hex digits."""
    return sha256(f"post:{post_id}".encode()).hexdigest()


def of_author(author_id: str) -> str:
    """The hash of an author's id: SHA-256 of `author:<id>`, 64 hex digits."""
    return sha256(f"author:{author_id}".encode()).hexdigest()


def copied_id(post: Mapping[str, Any]) -> str | None:
    """The id of the post whose text this one has: the one that it reposts, or of which it is a later version.

    post: an element of `content` (`casestream.recurring_fields.POST`), or what of it is known.
    """
    copied: str | None = (post.get("refers_to") if post.get("kind") == "repost" else None) or post.get("edit_of")
    return copied


def holds_post(forgotten: Forgotten, post: Mapping[str, Any]) -> bool:
    """Whether a post is forgotten: by its id, its author's, or that of the post whose text it has (`copied_id`)."""
    names = [of_post(name) for name in (post.get("id"), copied_id(post)) if name]
    names += [of_author(post["author"])] if post.get("author") else []
    return not forgotten.hashes.isdisjoint(names)
