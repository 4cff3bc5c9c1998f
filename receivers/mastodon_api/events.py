"""Mastodon's events as lines of the spool, which `processors.mastodon` reads.

A line is a JSON object: `event` (Mastodon's name of it), `id` of the status, `author` and `mentions` (name@host),
`text` and `links` of its words, and `status`, what Mastodon sent. What is not understood is handed on as it came, and
becomes a dead letter. What is left out has `event` and `left_out`: its words never reach the disk.
https://docs.joinmastodon.org/methods/streaming/#events
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from receivers.bounded import on_one_line
from receivers.mastodon_api.consent import may_be_kept
from receivers.mastodon_api.html_text import words
from receivers.mastodon_api.sse import ServerEvent
from spool.segments import CutEvent

UPDATE, EDIT, DELETE = "update", "status.update", "delete"

_ID = re.compile(rb"[^\s{}\[\]\"\\]{1,512}")
_LONGEST_NAME = 64


@dataclass(frozen=True)
class SpoolLine:
    """event: the line. status_id: of which status it is, None where nobody knows; edited_at: "" for a first version."""

    event: bytes | CutEvent
    name: str
    status_id: str | None = None
    edited_at: str = ""


def spool_line(event: ServerEvent, authors: str) -> SpoolLine:
    """The line for one event. authors: whose posts are kept, see `consent`."""
    if event.name not in (UPDATE, EDIT, DELETE):
        return SpoolLine(_json({"event": event.name[:_LONGEST_NAME], "left_out": "kind"}), event.name)
    if isinstance(event.data, CutEvent):
        return SpoolLine(on_one_line(event.data), event.name)
    data = event.data.replace(b"\n", b" ")  # as `on_one_line` has it
    if event.name == DELETE:
        found = _ID.fullmatch(data.strip())
        removed = found[0].decode("utf-8", "replace") if found else None
        return SpoolLine(_json({"event": DELETE, "id": removed}) if removed else data, DELETE, removed)
    status = _status(data)
    return SpoolLine(data, event.name) if status is None else status_line(event.name, status, authors, data)


def status_line(name: str, status: Mapping[str, Any], authors: str, sent: bytes | None = None) -> SpoolLine:
    """The line for a status. sent: its JSON, where it is to be kept to the byte.

    An edit by an author who does not agree any more takes the post away.
    """
    status_id, edited_at = _identifier(status.get("id")), _string(status.get("edited_at"))
    if not may_be_kept(status, authors):
        name = DELETE if name == EDIT or edited_at else name
        line = _json({"event": name, "id": status_id, "left_out": "author"})
    else:
        line = _json(_head(name, status_id, status))[:-1]
        line += b',"status":' + (_json(status) if sent is None else sent) + b"}"
    return SpoolLine(line, name, None if status_id is None else str(status_id), edited_at)


def _head(name: str, status_id: str | int | None, status: Mapping[str, Any]) -> dict[str, Any]:
    boosted = status.get("reblog")
    shown = boosted if isinstance(boosted, dict) else status
    found = words(_string(shown.get("content")), is_quote=bool(shown.get("quote")))
    warning = _string(shown.get("spoiler_text")).strip()
    return {
        "event": name,
        "id": status_id,
        "author": full_name(status.get("account")),
        "text": f"{warning}\n\n{found.text}" if warning else found.text,
        "links": found.links,
        "mentions": [each for each in map(full_name, _list(shown.get("mentions"))) if each],
    }


def full_name(account: Any) -> str | None:  # noqa: ANN401 - whatever JSON holds
    """`name@host` of an account or mention; Mastodon itself leaves the host out of its own accounts' names."""
    name = account.get("acct") if isinstance(account, dict) else None
    if not isinstance(name, str) or not name:
        return None
    host = "" if "@" in name else _host(_string(account.get("url")))
    return f"{name}@{host}" if host else name


def key(line: bytes) -> str | None:
    """What tells an event from others: the status' id, and when it was edited."""
    try:
        found = json.loads(line)
        name, status_id = found["event"], found["id"]
        edited_at = (found.get("status") or {}).get("edited_at")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    if not status_id or type(status_id) not in (str, int):
        return None
    version = DELETE if name == DELETE else edited_at
    return f"{status_id}:{version}"[:512] if version else str(status_id)[:512]


def _status(data: bytes) -> dict[str, Any] | None:
    """The status in an event's data; None where it holds none."""
    try:
        found = json.loads(data.decode())  # bytes alone it would take for UTF-16, too
    except (ValueError, RecursionError):
        return None
    has_words = isinstance(found, dict) and isinstance(found.get("content"), str)
    return found if has_words else None


def _json(value: Any) -> bytes:  # noqa: ANN401 - whatever JSON holds
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _identifier(value: Any) -> str | int | None:  # noqa: ANN401 - whatever JSON holds
    return value if type(value) in (str, int) else None


def _string(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:  # noqa: ANN401 - whatever JSON holds
    return value if isinstance(value, list) else []


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
