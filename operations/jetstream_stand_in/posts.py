"""Lines of text as the events of posts on Bluesky.

Shapes: https://github.com/bluesky-social/jetstream and the lexicon `app.bsky.feed.post`
(https://github.com/bluesky-social/atproto/tree/main/lexicons/app/bsky).
"""

import hashlib
import json
import re
from base64 import b32encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from operations.feed_lines import object_of
from operations.times import iso

_HASHTAG = re.compile(r"(?<![\w&])#(\w+)")
_MENTION = re.compile(r"(?<![\w@])@([A-Za-z0-9][A-Za-z0-9.-]*)")
_URL = re.compile(r"https?://\S+")
_FACET = "app.bsky.richtext.facet"
_SORTED = "234567abcdefghijklmnopqrstuvwxyz"


class Posts:
    """Makes events of lines; their keys and revisions grow with time, as the network's do."""

    def __init__(self) -> None:
        self._last_us = 0

    def event(self, line: bytes, now: datetime) -> Mapping[str, Any] | bytes | None:
        """One line as Jetstream would send it, without its `time_us`; None for a blank line.

        An event of Jetstream is one already: it gets another time. Any other JSON object is sent as it is.
        """
        line = line.strip()
        if not line:
            return None
        if (found := object_of(line)) is not None:
            is_event = "did" in found and "kind" in found
            return {"did": found.pop("did"), **_without_time(found)} if is_event else line
        return self._created(line.decode(errors="replace"), now)

    def _created(self, text: str, now: datetime) -> Mapping[str, Any]:
        key = self._key(now)
        record: dict[str, Any] = {
            "$type": "app.bsky.feed.post",
            "createdAt": iso(now),
            "langs": ["en"],
            "text": text,
        }
        if facets := _facets(text):
            record["facets"] = facets
        return {
            "did": did_of(text),
            "kind": "commit",
            "commit": {
                "rev": key,
                "operation": "create",
                "collection": "app.bsky.feed.post",
                "rkey": key,
                "record": record,
                "cid": "bafyrei" + _base32(json.dumps(record), 52),
            },
        }

    def _key(self, now: datetime) -> str:
        """A TID, 13 digits of 5 bits: microseconds, then 10 bits that tell writers apart (atproto.com/specs/tid)."""
        self._last_us = max(self._last_us + 1, round(now.timestamp() * 1e6))
        number = self._last_us << 10 | 1
        return "".join(_SORTED[number >> shift & 31] for shift in range(60, -1, -5))


def did_of(name: str) -> str:
    """The same account for the same name."""
    return "did:plc:" + _base32(name, 24)


def _without_time(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in ("time_us", "cursor")}


def _facets(text: str) -> list[dict[str, Any]]:
    found = [
        *((match, {"$type": f"{_FACET}#tag", "tag": match[1]}) for match in _HASHTAG.finditer(text)),
        *((match, {"$type": f"{_FACET}#mention", "did": did_of(match[1])}) for match in _MENTION.finditer(text)),
        *((match, {"$type": f"{_FACET}#link", "uri": match[0]}) for match in _URL.finditer(text)),
    ]
    return [
        {
            "$type": _FACET,
            "features": [feature],
            "index": {"byteStart": len(text[: match.start()].encode()), "byteEnd": len(text[: match.end()].encode())},
        }
        for match, feature in found
    ]


def _base32(name: str, length: int) -> str:
    return b32encode(hashlib.sha512(name.encode()).digest()).decode().lower()[:length]


def utc_now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)
