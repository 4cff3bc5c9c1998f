"""Events of which each can be told from all others wherever it ends up: posts, and some that are none."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import NamedTuple

from spool.segments import Line
from tests.integration.jobs import ROOT
from tests.servers.x_bodies import post

TWEETS = (ROOT / "demo/tweets.txt").read_text().splitlines()
MAX_EVENT_BYTES = 2_000
_BAD_EVERY = 9
_TIME_OF_A_HOST = re.compile(rb'"time_us":\d+,')
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
    if is_bad(number):
        return bad(number)
    text = text_of(number)
    if number % 2:
        return Event(text.encode(), text)
    name = str(10**18 + number)
    return Event(json.dumps({"data": {"id": name, "text": text, "lang": "en"}}).encode(), text, name)


def of_x(number: int) -> Event:
    """Posts of X's stream."""
    if is_bad(number):
        return bad(number)
    name, text = str(10**18 + number), text_of(number)
    return Event(json.dumps(post(name, text), ensure_ascii=False).encode(), text, name)


def sha256_of(line: Line) -> str:
    """By which `Event` knows what a line of the spool holds: a cut one has it behind its length.

    A Jetstream host gives its events the time at which it sees them: that is left out.
    """
    return line.event[16:80].decode() if line.is_cut else Event(_TIME_OF_A_HOST.sub(b"", line.event), None).sha256


def text_of(number: int) -> str:
    """A tweet that no other number has."""
    return f"{number}: {TWEETS[number % len(TWEETS)]}"


def is_bad(number: int) -> bool:
    """Whether the event of that number is to be none that can be stored as a post."""
    return number % _BAD_EVERY == 0


def bad(number: int) -> Event:
    """No UTF-8, half of a JSON object, one without text, or too long."""
    return Event(_BAD[number // _BAD_EVERY % len(_BAD)](b"%d" % number), None)
