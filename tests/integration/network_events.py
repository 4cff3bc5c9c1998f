"""Events of Bluesky and of Mastodon: as the spool has them, and as the networks send them."""

import json
import time
from collections.abc import Mapping
from typing import Any

from operations.mastodon_stand_in.statuses import content
from receivers.mastodon_api.consent import ALL
from receivers.mastodon_api.events import UPDATE, spool_line
from receivers.mastodon_api.sse import ServerEvent
from tests.integration.crash_events import Event, bad, is_bad, text_of
from tests.servers.jetstream import POSTS, created

_DID = "did:plc:a"
_INSTANCE = "https://stand.in"
_BITS_BELOW_MILLISECONDS = 16


def of_bluesky(number: int) -> Event:
    """Of Jetstream, without the time that a host gives it."""
    if is_bad(number):
        return bad(number)
    event = created(number, text_of(number), _DID)
    return Event(_json(event), text_of(number), f"at://{_DID}/{POSTS}/{event['commit']['rkey']}")


def said(event: Event) -> Mapping[str, Any] | bytes:
    """For a host's log: an event that gets a time, or bytes that are sent as they are."""
    if event.text is None:
        return event.sent
    found: dict[str, Any] = json.loads(event.sent)
    return found


def of_mastodon(number: int) -> Event:
    """Of an instance, as the receiver hands it on; its id tells when it was made, as Mastodon's do."""
    if is_bad(number):
        return bad(number)
    name = str((time.time_ns() // 1_000_000 << _BITS_BELOW_MILLISECONDS) + number % 2**_BITS_BELOW_MILLISECONDS)
    status = {
        "id": name,
        "created_at": "2026-11-26T00:00:00.000Z",
        "visibility": "public",
        "language": "en",
        "content": content(text_of(number), _INSTANCE),
        "account": {"acct": "player", "url": f"{_INSTANCE}/@player"},
        **{name: [] for name in ("mentions", "tags", "media_attachments")},
    }
    sent = spool_line(ServerEvent(UPDATE, _json(status)), ALL).event
    assert isinstance(sent, bytes)
    return Event(sent, str(status["content"]), name)


def status_of(event: Event) -> dict[str, Any] | None:
    """What an instance has stored of it; None of what is no status."""
    if event.text is None:
        return None
    found: dict[str, Any] = json.loads(event.sent)["status"]
    return found


def server_sent(event: Event) -> bytes:
    """What an instance streams."""
    status = status_of(event)
    return b"event: %b\ndata: %b\n\n" % (UPDATE.encode(), event.sent if status is None else _json(status))


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
