"""What polars makes of the bench's events is what the bench's reference makes of them."""

import json
from typing import Any

import pyarrow as pa
import pytest

from bench.events import events
from bench.peers.polars_posts import posts
from bench.reference import Expected, expected

EVENTS = list(events(3_000, seed=11))
TEXTS = (
    "a#no b_#no c&#no d/#no ##yes #yes#no #1 #1st ü#no #ü_1",
    "me@no.org @@no .@yes @yes@no @ü",
    "xhttp://no.no _www.no.no (http://yes.yes/#no). WWW.yes.org/@no, www. HttpS://yes?",
    " RT @a: b RT @c: d",
    "b RT @c: d",
    "RT @a:http://yes.yes #yes",
    "#http://yes.yes @http://yes.yes http://yes.yes RT @a: b",
    "&amp;lt; &lt;3 &quot;#yes&quot; &#39;&amp;#no&#39;",
    "\n line\nbreak \t tab \u00a0 no\u2003break ",
    "",
)


def _without_entities(event: bytes) -> bytes:
    read = json.loads(event)
    read["data"].pop("entities", None)
    return json.dumps(read, ensure_ascii=False).encode()


def _posts(made: list[bytes]) -> list[dict[str, Any]]:
    batch = pa.record_batch({"value": pa.array(made, pa.binary())})
    return [post for each in posts(iter([batch])) for post in each.to_pylist()]


def _as_expected(post: dict[str, Any]) -> Expected:
    lists = (tuple(post[name]) for name in ("hashtags", "mentions", "urls"))
    return Expected(post["id"], post["text"], post["raw_text"], *lists)


@pytest.mark.parametrize(
    "made",
    [
        EVENTS,
        list(map(_without_entities, EVENTS)),
        [json.dumps({"data": {"id": "1", "text": text}}).encode() for text in TEXTS],
    ],
    ids=["lists given", "lists found", "hard texts"],
)
def test_polars_and_the_reference_agree_on_every_post(made: list[bytes]) -> None:
    assert list(map(_as_expected, _posts(made))) == list(map(expected, made))


def test_time_language_and_author_are_those_of_the_event() -> None:
    for event, post in zip(EVENTS, _posts(EVENTS), strict=True):
        data = json.loads(event)["data"]
        written = post["created_at"].isoformat(timespec="milliseconds").replace("+00:00", "Z")
        assert (written, post["lang"], post["author"]) == (data["created_at"], data["lang"], data["author_id"])
