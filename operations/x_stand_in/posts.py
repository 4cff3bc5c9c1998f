"""Lines of text as the events of X's filtered stream.

https://docs.x.com/x-api/posts/filtered-stream/introduction shows the shape.
"""

import json
import re
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from operations.feed_lines import object_of
from operations.times import iso
from operations.x_stand_in.ids import Ids
from operations.x_stand_in.rules import Rule

_HASHTAG = re.compile(r"(?<![\w&])#(\w+)")
_MENTION = re.compile(r"(?<![\w@])@(\w{1,15})\b")
_URL = re.compile(r"https?://\S+")
_WORD = re.compile(r"[#@$]?[\w'’-]+")

_COUNTS = ("retweet_count", "reply_count", "like_count", "quote_count", "bookmark_count", "impression_count")


class Posts:
    """Makes events of lines; their ids grow."""

    def __init__(self) -> None:
        self._ids = Ids()

    def event(self, line: bytes, rules: Sequence[Rule]) -> bytes | None:
        """One line as X would send it, without a line end; a JSON object as it is. None for a blank line."""
        line = line.strip()
        if not line or object_of(line) is not None:
            return line or None
        text = line.decode(errors="replace")
        matching = [{"id": rule.id, "tag": rule.tag or ""} for rule in _matching(text, rules)]
        return json.dumps({"data": self._post(text), "matching_rules": matching}, ensure_ascii=False).encode()

    def _post(self, text: str) -> dict[str, Any]:
        post_id = self._ids.next()
        entities = _entities(text)
        return {
            "id": post_id,
            "text": text,
            "created_at": iso(datetime.now(UTC)),
            "author_id": _account_id(text),
            "lang": "en",
            "edit_history_tweet_ids": [post_id],
            "public_metrics": dict.fromkeys(_COUNTS, 0),
        } | ({"entities": entities} if entities else {})


def _matching(text: str, rules: Sequence[Rule]) -> Sequence[Rule]:
    """The rules with a word of the text, or all: a line is to be played whatever the rules are."""
    words = set(_WORD.findall(text.lower()))
    return [rule for rule in rules if rule.words() & words] or rules


def _entities(text: str) -> dict[str, Any]:
    hashtags = [{**_place(found), "tag": found[1]} for found in _HASHTAG.finditer(text)]
    mentions = [
        {**_place(found), "username": found[1], "id": _account_id(found[1])} for found in _MENTION.finditer(text)
    ]
    urls = [
        {**_place(found), "url": found[0], "expanded_url": found[0], "display_url": found[0].partition("//")[2]}
        for found in _URL.finditer(text)
    ]
    entities = {"hashtags": hashtags, "mentions": mentions, "urls": urls}
    return {kind: found for kind, found in entities.items() if found}


def _place(found: re.Match[str]) -> dict[str, int]:
    return {"start": found.start(), "end": found.end()}


def _account_id(name: str) -> str:
    """The same account for the same name."""
    return str(1_000_000_000 + zlib.crc32(name.lower().encode()))
