"""Events of which each can be told from all others wherever it ends up: posts, and some that are none."""

import hashlib
import json
from collections.abc import Callable
from typing import NamedTuple

from tests.integration.jobs import ROOT
from tests.servers.x_bodies import post

TWEETS = (ROOT / "demo/tweets.txt").read_text().splitlines()
MAX_EVENT_BYTES = 2_000
_BAD_EVERY = 9
_BAD: tuple[Callable[[bytes], bytes], ...] = (
    lambda name: b"\xff\xfe" + name,
    lambda name: b'{"text": "half ' + name,
    lambda name: b'{"no": "text", "number": ' + name + b"}",
    lambda name: name * MAX_EVENT_BYTES,
)


class Event(NamedTuple):
    """sent: its bytes. text: the post's, as received, None where it is a dead letter; id: None where it has none."""

    sent: bytes
    text: str | None
    id: str | None = None

    @property
    def sha256(self) -> str:
        """By which the spool and a dead letter know it."""
        return hashlib.sha256(self.sent).hexdigest()


def of_lines(number: int) -> Event:
    """Text and JSON by turns, as Kafka and the socket take them."""
    if number % _BAD_EVERY == 0:
        return _bad(number)
    text = f"{number}: {TWEETS[number % len(TWEETS)]}"
    if number % 2:
        return Event(text.encode(), text)
    name = str(10**18 + number)
    return Event(json.dumps({"data": {"id": name, "text": text, "lang": "en"}}).encode(), text, name)


def of_x(number: int) -> Event:
    """Posts of X's stream."""
    if number % _BAD_EVERY == 0:
        return _bad(number)
    name, text = str(10**18 + number), f"{number}: {TWEETS[number % len(TWEETS)]}"
    return Event(json.dumps(post(name, text), ensure_ascii=False).encode(), text, name)


def _bad(number: int) -> Event:
    return Event(_BAD[number // _BAD_EVERY % len(_BAD)](b"%d" % number), None)
