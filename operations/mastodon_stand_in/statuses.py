"""Lines of text as statuses of a Mastodon instance (https://docs.joinmastodon.org/entities/Status)."""

import html
import re
import threading
import time
import zlib
from datetime import UTC, datetime
from typing import Any

from operations.feed_lines import object_of
from operations.mastodon_stand_in.stream import Payload
from operations.times import iso

_LINKED = re.compile(r"(?P<url>https?://\S+)|(?<![\w&])#(?P<tag>\w*[^\W\d]\w*)|(?<![\w@])@(?P<name>\w+)")
_HIDDEN = re.compile(r"(https?://(?:www\.)?)(.{0,30})(.*)")
_BITS_BELOW_MILLISECONDS = 16


class Statuses:
    """Makes statuses of lines; their ids grow, and tell the time as Mastodon's do."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._guard = threading.Lock()
        self._last = 0

    def status(self, text: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON holds
        """A new status of an account here; `fields` take the place of its own."""
        status_id = str(self._next_id())
        address = f"{self._url}/@{_account_name(text)}/{status_id}"
        return {
            "id": status_id,
            "created_at": iso(datetime.now(UTC)),
            "in_reply_to_id": None,
            "in_reply_to_account_id": None,
            "sensitive": False,
            "spoiler_text": "",
            "visibility": "public",
            "language": "en",
            "uri": address,
            "url": address,
            **dict.fromkeys(("replies_count", "reblogs_count", "favourites_count", "quotes_count"), 0),
            "edited_at": None,
            "content": content(text, self._url),
            "reblog": None,
            "account": account(_account_name(text), self._url),
            "media_attachments": [],
            "mentions": [_mention(found["name"], self._url) for found in _LINKED.finditer(text) if found["name"]],
            "tags": [_tag(found["tag"], self._url) for found in _LINKED.finditer(text) if found["tag"]],
            "emojis": [],
            "quote": None,
            "card": None,
            "poll": None,
            **fields,
        }

    def events(self, line: bytes) -> tuple[str, Payload] | None:
        """One line as an event's name and payload: text, a status, or an event in the form of Mastodon's WebSocket.

        None for a blank line.
        """
        line = line.strip()
        match object_of(line):
            case {"event": str(name), "payload": str() | dict() as payload}:
                return name, _unpacked(payload)
            case dict() as status if isinstance(status.get("content"), str):
                return "update", status
        return ("update", self.status(line.decode(errors="replace"))) if line else None

    def _next_id(self) -> int:
        this_millisecond = (time.time_ns() // 1_000_000) << _BITS_BELOW_MILLISECONDS
        with self._guard:
            self._last = max(this_millisecond, self._last + 1)
            return self._last


def content(text: str, url: str) -> str:
    """Text in the HTML that Mastodon makes of it (app/lib/text_formatter.rb)."""
    made, end = [], 0
    for found in _LINKED.finditer(text):
        made += [html.escape(text[end : found.start()], quote=False), _link(found, url)]
        end = found.end()
    made.append(html.escape(text[end:], quote=False))
    return f"<p>{''.join(made)}</p>"


def account(name: str, url: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON holds
    """An account here, who has not said no to anything."""
    return {
        "id": str(1_000_000 + zlib.crc32(name.encode())),
        "username": name,
        "acct": name,
        "display_name": name.title(),
        "locked": False,
        "bot": False,
        "discoverable": True,
        "indexable": True,
        "group": False,
        "created_at": "2022-11-13T00:00:00.000Z",
        "note": "<p>plays in a demo</p>",
        "url": f"{url}/@{name}",
        "uri": f"{url}/users/{name}",
        **dict.fromkeys(("followers_count", "following_count", "statuses_count"), 0),
        "noindex": False,
        "emojis": [],
        "fields": [],
        **fields,
    }


def _link(found: re.Match[str], url: str) -> str:
    if tag := found["tag"]:
        address = html.escape(f"{url}/tags/{tag.lower()}")
        return f'<a href="{address}" class="mention hashtag" rel="tag">#<span>{tag}</span></a>'
    if name := found["name"]:
        address = html.escape(f"{url}/@{name}")
        return f'<span class="h-card"><a href="{address}" class="u-url mention">@<span>{name}</span></a></span>'
    address = html.escape(found["url"])
    parts = _HIDDEN.findall(found["url"])[0]
    begin, shown, rest = (html.escape(part) for part in parts)
    kind = "ellipsis" if rest else ""
    return (
        f'<a href="{address}" target="_blank" rel="nofollow noopener" translate="no"><span class="invisible">{begin}'
        f'</span><span class="{kind}">{shown}</span><span class="invisible">{rest}</span></a>'
    )


def _mention(name: str, url: str) -> dict[str, str]:
    return {"id": str(zlib.crc32(name.encode())), "username": name, "url": f"{url}/@{name}", "acct": name}


def _tag(name: str, url: str) -> dict[str, str]:
    return {"name": name.lower(), "url": f"{url}/tags/{name.lower()}"}


def _account_name(text: str) -> str:
    """One of a few."""
    return f"player{zlib.crc32(text.encode()) % 100}"


def _unpacked(payload: Payload) -> Payload:
    """A status, which the WebSocket sends as a string; other strings as they are."""
    found = object_of(payload.encode()) if isinstance(payload, str) else payload
    return found if isinstance(found, dict) else payload
