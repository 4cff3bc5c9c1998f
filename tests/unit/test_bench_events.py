"""The bench's events: the same everywhere, as X sends them; and what the reference makes of them."""

import json

import pytest

from bench.events import events
from bench.reference import clean, decode, expected, hashtags, mentions

NUMBER = 2_000


def test_events_of_a_seed_are_the_same_whatever_their_number() -> None:
    few, more = list(events(100)), list(events(NUMBER))
    assert more[:100] == few
    assert list(events(100, seed=2)) != few


def test_an_event_is_a_line_of_about_530_bytes_with_what_x_sends() -> None:
    made = list(events(NUMBER))
    assert 480 < sum(map(len, made)) / NUMBER < 580
    assert not any(b"\n" in event for event in made)
    posts = [json.loads(event)["data"] for event in made]
    assert len({post["id"] for post in posts}) == NUMBER
    kinds = {each["type"] for post in posts for each in post.get("referenced_tweets", ())}
    assert kinds == {"retweeted", "replied_to", "quoted"}
    for kind in ("hashtags", "mentions", "urls"):
        assert any(kind in post.get("entities", {}) for post in posts)


def test_entities_stand_where_the_event_says() -> None:
    for event in events(NUMBER):
        post = json.loads(event)["data"]
        for tag in post.get("entities", {}).get("hashtags", ()):
            assert post["text"][tag["start"] : tag["end"]] == "#" + tag["tag"]
        for url in post.get("entities", {}).get("urls", ()):
            assert post["text"][url["start"] : url["end"]] == url["url"]


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("The Right Tool #RT", "The Right Tool RT"),
        ("RT @some_one: hi RT @other: ho", "hi RT @other: ho"),
        ("rt @a: hi", "rt @a: hi"),
        ("R&amp;D &lt;3 &amp;lt;", "R&D <3 &lt;"),
        ("(see http://a.bc/d). www.who.int! www.", "(see ). ! www."),
        ("##stay_home #1 C# a#b &#39;", "stay_home #1 C# a#b '"),
        (" a \n\t b ", "a b"),
    ],
)
def test_the_reference_cleans_a_text(text: str, cleaned: str) -> None:
    assert clean(decode(text)) == cleaned


def test_the_reference_finds_what_is_in_a_text() -> None:
    text = "#a_1 #1 x#b http://t.co/#no/@no @me a@b @you."
    assert hashtags(text) == ["a_1"]
    assert mentions(text) == ["me", "you"]


def test_the_reference_takes_the_entities_of_an_event_before_its_text() -> None:
    entities = {"hashtags": [{"tag": "B"}], "urls": [{"url": "https://t.co/a", "expanded_url": "https://b.org"}]}
    post = expected(json.dumps({"data": {"id": "7", "text": "#a @c https://t.co/a", "entities": entities}}).encode())
    assert (post.id, post.text, post.hashtags, post.mentions) == ("7", "a @c", ("B",), ("c",))
    assert post.urls == ("https://b.org",)
