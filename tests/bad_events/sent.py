"""An event that is sent, and what may become of it, worked out in Python alone."""

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

POST = "post"
PROBLEMS = frozenset({"not_utf8", "too_long", "not_json", "no_text", "bad_field", "not_a_post"})
ANY = frozenset({"not_json", "no_text", "bad_field", "not_a_post", POST})
MAX_EVENT_BYTES = 1_000_000

_BLANK = frozenset(" \t\n\x0b\f\r\x85\ufeff")
_LONE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Sent:
    """outcomes: the problems that the event may have, `POST` for none; id: that of the post, where it has its own."""

    event: bytes
    outcomes: frozenset[str]
    id: str | None = None

    @property
    def text(self) -> str | None:
        """What `raw_text` is to be if the event becomes a post; None where its text is no string."""
        return text_of(self.event.decode())


def sent(event: bytes, *outcomes: str, id: str | None = None) -> Sent:
    """Length and encoding come before all else that may be wrong with the event."""
    if len(event) > MAX_EVENT_BYTES:
        return Sent(event, frozenset({"too_long"}))
    if not _is_utf8(event):
        return Sent(event, frozenset({"not_utf8"}))
    return Sent(event, frozenset(outcomes) or ANY, id)


def line(text: str) -> Sent:
    """A line of plain text, whatever its characters are; one that begins as JSON may become anything."""
    bare = text.lstrip("".join(_BLANK))
    if bare.startswith(("{", "[")) or bare[:1].isspace():
        return sent(text.encode())
    return sent(text.encode(), "no_text" if is_blank(text) else POST)


def is_blank(text: str) -> bool:
    """Whether there is no ink in it: separators of Unicode, ASCII's white space, byte order marks."""
    return all(character in _BLANK or unicodedata.category(character)[0] == "Z" for character in text)


def text_of(event: str) -> str | None:
    """The text of a line, or of an object: a note's, X's envelope before what stands beside it."""
    bare = event.lstrip("".join(_BLANK))
    if not bare.startswith("{"):
        return event
    found = json.loads(bare, strict=False)
    inner = found["data"] if isinstance(found.get("data"), dict) else {}
    note = next((each for each in (inner.get("note_tweet"), found.get("note_tweet")) if isinstance(each, dict)), {})
    texts: list[Any] = [note.get("text"), inner.get("text"), found.get("text")]
    text = next((each for each in texts if each is not None), None)
    return _LONE.sub("?", text) if isinstance(text, str) else None  # Java writes a lone surrogate as "?"


def _is_utf8(event: bytes) -> bool:
    try:
        event.decode()
    except UnicodeDecodeError:
        return False
    return True
