"""What is to be forgotten, and whether something is of it: a post, the bytes of a dead letter, an event in a spool."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import md5
from typing import Any

from forgotten import Forgotten, copied_id, holds_post, of_author, of_post

_NOTHING = Forgotten()
_NUMBER = re.compile(rb'id"\s*:\s*(\d+)')
_CUT = re.compile(rb"\d{16}[0-9a-f]{64}")


@dataclass(frozen=True)
class Targets:
    """Ids of posts, and of authors all of whose posts are meant; earlier: what was forgotten before, by its hashes.

    Of what a killed command has removed no id is left: by its hash alone a repost of it is found by the next one.

    A post is also one whose text is that of such a post (`forgotten.copied_id`): a repost, a later version. A quote and
    a reply have texts of their own, and are none.
    """

    posts: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()
    earlier: Forgotten = _NOTHING

    def also(self, posts: frozenset[str]) -> "Targets":
        """With these posts."""
        return replace(self, posts=self.posts | posts)

    def hashes(self) -> list[str]:
        """For `forgotten`."""
        return [*map(of_post, sorted(self.posts)), *map(of_author, sorted(self.authors))]

    def takes(self, post: Mapping[str, Any]) -> bool:
        """Whether a post goes."""
        if post.get("id") in self.posts or post.get("author") in self.authors or copied_id(post) in self.posts:
            return True
        return bool(self.earlier.hashes) and holds_post(self.earlier, post)

    def holds(self, raw: bytes) -> bool:
        """Whether bytes that are no post name one of these: as a whole string in quotes, or as the number of an `…id`.

        `"12"` and `"tweet_id": 12` name 12; `"123"`, `"likes": 12` and a text with 12 in it do not.
        """
        plain = raw.replace(b'\\"', b'"')
        strings = plain.split(b'"')[1:]
        return not (self._names.isdisjoint(strings) and self._names.isdisjoint(_NUMBER.findall(plain)))

    def is_event(self, origin: str, event: bytes) -> bool:
        """Whether an event of a spool is such a post: read as `processors.tweets` reads it, or a plain line."""
        if md5(origin.encode()).hexdigest() in self.posts:
            return True
        if not event.lstrip(b"\xef\xbb\xbf \t\r").startswith(b"{"):
            return bool(_CUT.match(event)) and self.holds(event)
        try:
            found = json.loads(event)
            return self.takes(_as_post(found.get("data") or found))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return self.holds(event)

    @cached_property
    def _names(self) -> frozenset[bytes]:
        return frozenset(name.encode() for name in self.posts | self.authors)


def _as_post(tweet: Mapping[str, Any]) -> dict[str, Any]:
    """What `takes` goes by. Raises TypeError, KeyError or AttributeError where the fields are no post's."""
    references = {each["type"]: str(each["id"]) for each in tweet.get("referenced_tweets") or []}
    versions = [str(each) for each in tweet.get("edit_history_tweet_ids") or []]
    author = tweet.get("author_id") or tweet.get("author")
    is_repost = "retweeted" in references
    return {
        "id": str(tweet.get("id")),
        "author": None if author is None else str(author),
        "kind": "repost" if is_repost else "post",
        "refers_to": references.get("retweeted"),
        "edit_of": versions[0] if versions and versions[0] != str(tweet.get("id")) else None,
    }
