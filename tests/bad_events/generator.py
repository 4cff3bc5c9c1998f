"""Events by the thousand from a seed: the same seed gives the same events."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from tests.bad_events.sent import ANY, MAX_EVENT_BYTES, POST, Sent, line, sent

Draw = random.Random

_SPACES = " \t\x0b\f\r\x85\xa0\u1680\u2000\u2003\u2007\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_PIECES = (
    "#tag", "@name", "http://a.bc/d?e=f#g", "RT @who: ", "&amp;lt;", "👩🏽‍🔬", "שלום", "漢字", "\x00", "\ufeff",
    "\r", "\u2028", "\ufffd", "\U0010ffff", "e\u0301", "{", "}", "[1]", '"', "\\u", "\\", "$ne", "a.b", "1e999",
    "covid19",
)  # fmt: skip
_BROKEN = (
    b"\x80", b"\xff", b"\xfe\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xe2\x82",
    b"\xf0\x9f\x98", b"\xf8\x88\x80\x80\x80",
)  # fmt: skip
_KEYS = (
    "id", "text", "created_at", "lang", "author_id", "author", "note_tweet", "referenced_tweets", "entities",
    "hashtags", "mentions", "urls", "tag", "username", "public_metrics", "like_count", "edit_history_tweet_ids", "type",
    "data", "$a", "a.b", "", "_id",
)  # fmt: skip
_TIMES = (
    "0000-01-01T00:00:00Z", "99999-12-31T23:59:59Z", "1969-12-31T23:59:59Z", "2101-01-01T00:00:00Z", "now", "",
    "2020-02-30T00:00:00Z", "2020-01-01T24:00:01Z", "2020-01-01",
)  # fmt: skip


def generate(count: int, draw: Draw) -> Iterator[Sent]:
    """So many events, none with a line feed in it."""
    kinds = list(_KINDS)
    for _ in range(count):
        made = draw.choices(kinds, [_KINDS[kind] for kind in kinds])[0](draw)
        yield made if b"\n" not in made.event else sent(made.event.replace(b"\n", b"\r"))


def _text(draw: Draw) -> str:
    pieces = [draw.choice(_PIECES) if draw.random() < 0.4 else _characters(draw) for _ in range(draw.randint(1, 8))]
    return draw.choice(["", " ", "\u2003"]).join(pieces)


def _characters(draw: Draw) -> str:
    top = draw.choice([0x7F, 0x7FF, 0xFFFF, 0x10FFFF])
    points = (draw.randrange(top + 1) for _ in range(draw.randint(0, 12)))
    return "".join(chr(point) for point in points if not 0xD800 <= point <= 0xDFFF).replace("\n", "\r")


def _line(draw: Draw) -> Sent:
    return line(_text(draw))


def _blank(draw: Draw) -> Sent:
    text = "".join(draw.choices(_SPACES, k=draw.randint(0, 30)))
    return line(text) if draw.random() < 0.5 else sent(json.dumps({"text": text}).encode(), "no_text")


def _not_utf8(draw: Draw) -> Sent:
    event = bytearray(_text(draw).encode() if draw.random() < 0.5 else _tweet(draw).event)
    at = draw.randrange(len(event) + 1)
    event[at:at] = draw.choice(_BROKEN)
    return sent(bytes(event))


def _tweet(draw: Draw) -> Sent:
    number = draw.choice([draw.randrange(10**18), 2**53 + draw.randrange(2**60), draw.randrange(10**30)])
    fields: dict[str, Any] = {
        "id": number if draw.random() < 0.5 else str(number),
        "text": f"ink {_text(draw)}",
        "lang": "en",
    }
    fields |= {"created_at": "2020-04-01T12:00:00.000Z", "author_id": "7", "a.b": {"$gt": 1}, "$set": _text(draw)}
    event = {"data": fields} if draw.random() < 0.5 else fields
    return sent(json.dumps(event, ensure_ascii=draw.random() < 0.5).encode(), POST, id=str(number))


def _doubled(draw: Draw) -> Sent:
    texts = ",".join(f'"text":{json.dumps(_text(draw))}' for _ in range(draw.randint(1, 4)))
    return sent(f'{{{texts},"text":"last","id":1,"id":2}}'.encode(), POST, id="2")


def _bad_time(draw: Draw) -> Sent:
    return sent(json.dumps({"text": "x", "created_at": draw.choice(_TIMES)}).encode(), "bad_field")


def _value(draw: Draw, depth: int = 0) -> Any:  # noqa: ANN401 - JSON
    kind = draw.randrange(6 if depth > 3 else 9)
    if kind < 6:
        number = draw.choice([0, -1, 1.5e300, 2**64, 10**399, draw.randrange(10**18), 2.5])
        return draw.choice([None, True, False, number, _text(draw), draw.choice(_TIMES)])
    if kind == 6:
        return [_value(draw, depth + 1) for _ in range(draw.randrange(3))]
    return {draw.choice(_KEYS): _value(draw, depth + 1) for _ in range(draw.randrange(5))}


def _wrong_types(draw: Draw) -> Sent:
    fields = {draw.choice(_KEYS): _value(draw) for _ in range(draw.randrange(7))}
    if draw.random() < 0.7:
        fields["text"] = _text(draw)
    return sent(json.dumps({"data": fields, "text": "beside"} if draw.random() < 0.3 else fields).encode(), *ANY)


def _surrogates(draw: Draw) -> Sent:
    escapes = "".join(f"\\u{draw.randrange(0xD7F0, 0xE010):04x}" for _ in range(draw.randint(1, 6)))
    return sent(f'{{"text":"ink {escapes} ink"}}'.encode(), POST)


def _mutated(draw: Draw) -> Sent:
    event = bytearray(_tweet(draw).event if draw.random() < 0.5 else _wrong_types(draw).event)
    for _ in range(draw.randint(1, 4)):
        at, to = sorted((draw.randrange(len(event) + 1), draw.randrange(len(event) + 1)))
        event[at:to] = draw.choice([b"", event[at:to] * 2, draw.randbytes(2), b'"', b"{", b"]", b"\\u", b"\r", b"\0"])
    return sent(bytes(event))


def _deep(draw: Draw) -> Sent:
    depth = draw.choice([900, 10_000])
    begin, end = draw.choice([("[", "]"), ('{"a":', "}")])
    event = f'{{"text":"x","a":{begin * depth}1{end * depth}}}'.encode()
    return sent(event, POST if depth < 1_000 else "not_json")


def _long(draw: Draw) -> Sent:
    length = MAX_EVENT_BYTES + draw.choice([-1, 0, 1, draw.randrange(1_000_000)])
    return sent((_text(draw).encode() + draw.randbytes(1) * length)[:length])


_KINDS: dict[Callable[[Draw], Sent], float] = {
    _line: 20, _blank: 5, _not_utf8: 10, _tweet: 20, _doubled: 4, _bad_time: 4, _wrong_types: 20, _surrogates: 5,
    _mutated: 12, _deep: 0.1, _long: 0.05,
}  # fmt: skip
