"""What cleaning takes out of a text, what it finds there, and that it leaves everything else alone."""

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from processors.posts import (
    clean_text,
    collapse_spaces,
    decode_entities,
    find_hashtags,
    find_mentions,
    find_urls,
    is_repost,
    without_noise,
)
from tests.generated import generated

TWEETS = Path(__file__).parents[2] / "demo" / "tweets.txt"
ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'"}
SPACES = [" ", "\t", "\r", "\n", "\x0b", "\x0c", "\x85", "\xa0", "\u1680", "\u2003", "\u2028", "\u2029", "\u3000"]

KEPT = [
    "The Right Tool RT",
    "RTÉ one, RTE two, ART @you: three",
    "one: two:three :four: 12:30 ::",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🇮🇪 👍🏽 ❤️ ☎︎ 1️⃣ *️⃣",
    "#️⃣ ask us",
    "שלום עולם, مرحبا بالعالم \u200f(\u2067abc\u2069)",
    "e\u0301 n\u0303 Z̸͓͝ ทดสอบ नमस्ते",
    "新型コロナウイルス，한국어。「日本」",
    "C# and F# and a#b and a##b",
    "#1 in the world, # 2, #",
    "a # b",
    "&hellip; &nbsp; &#x27; &lt &",
    "\u200bzero\u200dwidth\ufeff",
    '<b>&c</b> {"a": [1]} \\n \\u0041 $1 \\1',
    "http:// https:// www. awww.x http:/a wwwx",
    "me@example.org @you",
]

CLEANED = {
    "The Right Tool #RT": "The Right Tool RT",
    "RT @some_one: hi RT @other: ho": "hi RT @other: ho",
    "\xa0 RT @a:#covid": "covid",
    "rt @a: hi": "rt @a: hi",
    "“RT @a: hi”": "“RT @a: hi”",
    "R&amp;D &lt;3 &quot;a&quot; it&#39;s &gt;": 'R&D <3 "a" it\'s >',
    "&amp;lt; &amp;amp; &amp;#39;": "&lt; &amp; &#39;",
    "(see http://a.bc/d).": "(see ).",
    "a https://t.co/x1, b HTTP://T.CO?; c www.who.int! d": "a , b ?; c ! d",
    "“http://a.b/c” *http://a.b/c* 'http://a.b/c'": "“” ** ''",
    "http://a.bc/d#covid http://a.bc/?q=1&r=%20~x": "",
    "look：http://t.co/abc。次の文 見てhttp://t.co/abcこれ": "look：。次の文 見てこれ",
    "http://a.b/c😀done": "😀done",
    "http://a.b/c\x85next\u2028http://a.b\u3000last": "next last",
    "#covid19 #2020vision ##stay_home ＃日本 #été #_x": "covid19 2020vision stay_home 日本 été _x",
    "(#a) “#b” #c#d": "(a) “b” c#d",
    "".join(f"{space}{number}" for number, space in enumerate(SPACES)): " ".join(map(str, range(len(SPACES)))),
    " a \xa0\u2028\r\n b ": "a b",
    "   ": "",
}

FOUND: dict[str, tuple[list[str], list[str], list[str]]] = {
    "#a #a ＃日本 C# #1 #میخواهم #می\u200cخواهم": (["a", "a", "日本", "میخواهم", "می\u200cخواهم"], [], []),
    "#テスト1️⃣ #️⃣ #stay_home!": (["テスト1", "stay_home"], [], []),
    "@a, @b_1: .@c x@d @@e @": ([], ["a", "b_1", "c"], []),
    "https://tiktok.com/@user/video#tag (www.who.int) HTTPS://A.B/c. x": (
        [],
        [],
        ["https://tiktok.com/@user/video#tag", "www.who.int", "HTTPS://A.B/c"],
    ),
    "nothing": ([], [], []),
}


def test_what_is_no_feature_of_a_post_is_kept_to_the_byte(spark: SparkSession) -> None:
    assert clean(spark, KEPT) == KEPT


def test_entities_reposts_urls_hashes_and_white_space_are_cleaned(spark: SparkSession) -> None:
    assert dict(zip(CLEANED, clean(spark, list(CLEANED)), strict=True)) == CLEANED


def test_hashtags_mentions_and_urls_are_found_in_their_order(spark: SparkSession) -> None:
    def find(text: Column) -> Column:
        return F.array(find_hashtags(text), find_mentions(text), find_urls(text))

    found = apply(spark, find, list(FOUND))
    assert dict(zip(FOUND, map(tuple, found), strict=True)) == FOUND


def test_only_a_leading_rt_makes_a_repost(spark: SparkSession) -> None:
    texts = ["RT @a: x", " \u2028RT @a: x", "RT @a x", "x RT @a: y", "RT: x", "rt @a: x"]
    assert apply(spark, is_repost, texts) == [True, True, False, False, False, False]


def test_a_text_without_features_changes_in_its_white_space_only(spark: SparkSession) -> None:
    alphabet = st.characters(exclude_categories=["Cs"], exclude_characters="#＃&")
    words = st.one_of(st.text(alphabet, max_size=8), st.sampled_from([*SPACES, "RT", ":", "@a", "!?", "🇮🇪", "❤️", "ww"]))
    texts = generated(st.lists(words, max_size=12).map("".join), 2_000)
    plain = [text for text in texts if not re.search(r"://|www\.|RT @", text, re.IGNORECASE)]
    assert len(plain) > 1_000
    assert clean(spark, plain) == [one_space(text) for text in plain]


def test_every_real_tweet_is_cleaned_as_the_reference_does(spark: SparkSession) -> None:
    tweets = TWEETS.read_text(encoding="utf-8").split("\n")[:-1]
    assert len(tweets) == 4_200
    assert clean(spark, tweets) == [reference(tweet) for tweet in tweets]


@pytest.mark.timeout(60)
def test_a_megabyte_of_one_feature_holds_nothing_up(spark: SparkSession) -> None:
    pieces = [
        "#",
        "#1",
        "#a",
        "@",
        "@a ",
        "http://",
        "www.",
        "&amp;",
        " ",
        "\u2028",
        "RT @a:",
        "h",
        "http://a.b#",
        "#٣",
    ]
    texts = [piece * (1_000_000 // len(piece)) for piece in pieces]
    kinds = [clean_text, find_hashtags, find_mentions, find_urls]
    lengths = apply(spark, lambda text: F.array(*(F.length(kind(text).cast("string")) for kind in kinds)), texts)
    assert len(lengths) == len(pieces)


def clean(spark: SparkSession, texts: list[str]) -> list[str]:
    """In one expression and in two steps, which must agree."""
    cleaned = apply(spark, lambda text: clean_text(decode_entities(text)), texts)
    assert apply(spark, lambda text: collapse_spaces(without_noise(decode_entities(text))), texts) == cleaned
    return cleaned


def apply(spark: SparkSession, function: Callable[[Column], Column], texts: list[str]) -> list[Any]:
    frame = spark.createDataFrame(list(enumerate(texts)), "number INT, text STRING")
    rows = frame.select("number", function(F.col("text")).alias("result")).collect()
    return [row["result"] for row in sorted(rows)]


def one_space(text: str) -> str:
    blanks = "".join(" " if is_space(character) else character for character in text)
    return " ".join(word for word in blanks.split(" ") if word)


def reference(text: str) -> str:
    """The same rules character by character."""
    for entity, character in ENTITIES.items():
        text = text.replace(entity, character)
    text = text.replace("&amp;", "&")
    if match := re.match(r"\s*RT @[A-Za-z0-9_]+:", text):
        text = text[match.end() :]
    kept, at = "", 0
    while at < len(text):
        if length := url_length(text, at):
            at += length
        elif text[at] == "#" and is_hashtag(text, at):
            at += 1
        else:
            kept += text[at]
            at += 1
    return one_space(kept)


def url_length(text: str, at: int) -> int:
    scheme = next((each for each in ("http://", "https://", "www.") if text[at:].lower().startswith(each)), None)
    if scheme is None or (at and is_word(text[at - 1])):
        return 0
    url = re.split(r'[\s<>"]', text[at:])[0]
    url = "".join(character if character.isascii() or is_word(character) else " " for character in url).split(" ")[0]
    while url and not (url[-1].isalnum() or url[-1] in "/=_-#&%~+"):
        url = url[:-1]
    return len(url) if len(url) > len(scheme) else 0


def is_hashtag(text: str, at: int) -> bool:
    before, after = text[:at].rstrip("#"), text[at:].lstrip("#").lstrip("0123456789_")
    return not (before and (is_word(before[-1]) or before[-1] in "&/")) and after[:1].isalpha()


def is_word(character: str) -> bool:
    return character == "_" or unicodedata.category(character)[0] in "LMN"


def is_space(character: str) -> bool:
    return character in "\t\n\x0b\x0c\r\x85" or unicodedata.category(character)[0] == "Z"
