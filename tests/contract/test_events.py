"""What the sources of text and JSON make of events, usual, odd and broken ones."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from processors.events import post_or_problem
from processors.rows import with_outcome
from tests.contract.conftest import Frame, Read
from tests.generated import generated
from tests.streaming.fakes import HEARD_AT, FakeJob

DEEP = 10_000

TEXTS = {
    b"plain": "plain",
    b"nul \x00 stays": "nul \x00 stays",
    b"return \r in the midst\r": "return in the midst",
    "\ufeffmark".encode(): "\ufeffmark",
    "literal \ufffd \uffff".encode(): "literal \ufffd \uffff",
    b"[1] a footnote": "[1] a footnote",
    b"[] empty, [2020] a year": "[] empty, [2020] a year",
    b"[BREAKING] news": "[BREAKING] news",
    b'"Quoted" said she': '"Quoted" said she',
    b'"all in quotes"': '"all in quotes"',
    b"42": "42",
    b"1e5 of them": "1e5 of them",
    b"null": "null",
    b"true": "true",
    b"http://a.bc": "",
    b'{"text":"in JSON"}': "in JSON",
    b'\xef\xbb\xbf {"text":"behind a mark"}\r': "behind a mark",
    b'\t{"text":"blanks around"}  ': "blanks around",
    b'{"text":"[1] {a}"}': "[1] {a}",
    b'{"text":"\\ud83d\\ude00 \\u0000 \\u00e9"}': "😀 \x00 é",
    b'{"text":"lone \\ud800 and \\udc00"}': "lone ? and ?",
    b'{"text":"raw\ttab"}': "raw tab",
    b'{"text":"first","text":"last"}': "last",
    b'{"$set":{"a.b":1},"a.b":{"$gt":""},"":0,"text":"keys"}': "keys",
    b'{"text":5}': "5",
    b'{"data":{"text":"inside"},"text":"beside"}': "inside",
    b'{"data":null,"text":"beside null"}': "beside null",
    b'{"data":[{"text":"x"}],"text":"beside an array"}': "beside an array",
}

PROBLEMS = {
    b"\x80": "not_utf8",
    b"\xed\xa0\x80": "not_utf8",
    b"\xc0\xaf": "not_utf8",
    b"\xf4\x90\x80\x80": "not_utf8",
    b'{"text":"\xff"}': "not_utf8",
    b"half \xe2\x82": "not_utf8",
    b"": "no_text",
    " \t\xa0\x85\u2028\u3000\ufeff\r".encode(): "no_text",
    b'{"text":""}': "no_text",
    b'{"text":" \\u00a0\\u2029\\n"}': "no_text",
    b"{": "not_json",
    b"{hello}": "not_json",
    b'{"text":"x"': "not_json",
    b'{"text":"x"}}': "not_json",
    b'{"text":"x"}{"text":"y"}': "not_json",
    b'{"text":"x"} {"text":"y"}': "not_json",
    b'{"text":"x"},{"text":"y"}': "not_json",
    b'{"text":"x"} behind': "not_json",
    b'{"text":"x"}] behind': "not_json",
    b'{"text":"x"},{"id":"1"}] behind': "not_json",
    b'{"text":"x"},{"id":"1"}]': "not_json",
    b"{'text':'x'}": "not_json",
    b'{"text":NaN}': "not_json",
    b'{"text":"\\ud8"}': "not_json",
    b'{"text":"x","lang":"\\q"}': "not_json",
    b'{"text":"x","lang":e}': "not_json",
    b'{"text":"x","entities":{"urls":[{"url":tru}]}}': "not_json",
    b'{"a":' * DEEP + b"1" + b"}" * DEEP: "not_json",
    b'{"text":"x","a":' + b"[" * DEEP + b"]" * DEEP + b"}": "not_json",
    b'{"text":"x","n":' + b"9" * 5_000 + b"}": "not_json",
    b'[{"text":"x"},{"te': "not_json",
    b"[]": "not_a_post",
    b"[1, 2]": "not_a_post",
    b'[{"text":"x"}]': "not_a_post",
    b"{}": "not_a_post",
    b'{"a":1}': "not_a_post",
    b'{"text":null}': "not_a_post",
    b'{"data":{"id":"1"}}': "not_a_post",
    b'{"text":["x"]}': "bad_field",
    b'{"text":{"a":"x"}}': "bad_field",
}

FIELDS = ("id", "text", "created_at", "lang", "author_id", "author", "note_tweet", "referenced_tweets", "entities")
WRONG = (
    "null",
    "true",
    "0",
    "-1.5e3",
    "1e400",
    "9" * 30,
    '""',
    '"\\u0000"',
    "[]",
    "[[]]",
    "[null]",
    "{}",
    '{"a":[{}]}',
)

GOOD_TIMES = {
    "2020-04-01T12:00:00.000Z": datetime(2020, 4, 1, 12, tzinfo=UTC),
    "2020-04-01T12:00:00": datetime(2020, 4, 1, 12, tzinfo=UTC),
    "2020-04-01 12:00:00.123456789+02:00": datetime(2020, 4, 1, 10, 0, 0, 123_000, tzinfo=UTC),
    "2020-04-01T12:00:00-0330": datetime(2020, 4, 1, 15, 30, tzinfo=UTC),
    "1970-01-01T00:00:00Z": datetime(1970, 1, 1, tzinfo=UTC),
    "2100-12-31T23:59:59.999Z": datetime(2100, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
}
BAD_TIMES = [
    "",
    "now",
    "1585742400",
    "2020-04-01",
    "2020-13-01T00:00:00Z",
    "2020-02-30T00:00:00Z",
    "2020-04-01T25:00:00Z",
    "2020-04-01T12:00:00+99:00",
    "2020-04-01T12:00:00Z\n",
    "Wed Apr 01 12:00:00 +0000 2020",
    "1969-12-31T23:59:59Z",
    "2101-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "99999-01-01T00:00:00Z",
]


def test_text_and_objects_with_text_are_posts(read: Read) -> None:
    found = {event: outcome.get("text") for event, outcome in zip(TEXTS, read(list(TEXTS)), strict=True)}
    assert found == TEXTS


def test_raw_text_is_the_text_as_received(read: Read) -> None:
    lines = ["\ufeff a &amp;  #b\r", "RT @a: http://b.cd"]
    assert [outcome["raw_text"] for outcome in read([*lines, json.dumps({"text": lines[0]})])] == [*lines, lines[0]]


def test_everything_else_has_a_problem(read: Read) -> None:
    found = {event: outcome.get("problem") for event, outcome in zip(PROBLEMS, read(list(PROBLEMS)), strict=True)}
    assert found == PROBLEMS


@pytest.mark.parametrize("envelope", ["%s", '{"data":%s}'])
def test_a_value_of_a_wrong_type_in_any_field_fails_nothing(read: Read, envelope: str) -> None:
    tweets = [f'{{"text":"x","{field}":{value},"lang":"en"}}' for field in FIELDS for value in WRONG]
    outcomes = read([envelope % tweet for tweet in tweets])
    assert len(outcomes) == len(FIELDS) * len(WRONG)
    assert {outcome.get("problem") for outcome in outcomes} == {None, "not_a_post", "no_text", "bad_field"}
    assert {outcome["lang"] for outcome in outcomes if "problem" not in outcome} == {"en"}


def test_ids_keep_every_digit_and_are_a_hash_of_the_origin_where_there_is_none(read: Read) -> None:
    ids = ["1234567890123456789", "12345678901234567890123", "at://did:plc:x/app.bsky.feed.post/3k"]
    given = read([*(json.dumps({"text": "x", "id": each}) for each in ids), f'{{"text":"x","id":{ids[1]}}}', "x", "x"])
    found = [outcome["id"] for outcome in given]
    assert found[:4] == [*ids, ids[1]]
    assert [len(each) for each in found[4:]] == [32, 32]
    assert found[4] != found[5]


@pytest.mark.parametrize("bad", ["", "a b", "a\n", "x" * 513, "{}"])
def test_an_id_or_language_that_is_no_single_word_is_a_bad_field(read: Read, bad: str) -> None:
    events = [json.dumps({"text": "x", field: bad}) for field in ("id", "lang")]
    assert read(events) == [{"problem": "bad_field"}] * 2


def test_an_author_may_have_a_name_with_blanks(read: Read) -> None:
    authors = ["7", "some one", 'Some "Nick" Öne', "a" * 512]
    found = read([json.dumps({"text": "x", "author": author}) for author in authors])
    assert [outcome["author"] for outcome in found] == authors
    events = [json.dumps({"text": "x", "author": bad}) for bad in ("", " ", {"a": 1}, ["a"], "a" * 513, "a\nb")]
    assert read(events) == [{"problem": "bad_field"}] * len(events)


def test_times_are_iso_8601_between_1970_and_2100_or_that_of_receipt(read: Read) -> None:
    events = [json.dumps({"text": "x", "created_at": time}) for time in GOOD_TIMES]
    found = [
        outcome["created_at"] for outcome in read([*events, '{"text":"x"}', '{"text":"x","created_at":null}', "x"])
    ]
    assert found == [*GOOD_TIMES.values(), HEARD_AT, HEARD_AT, HEARD_AT]
    bad = [json.dumps({"text": "x", "created_at": time}) for time in BAD_TIMES]
    assert read(bad) == [{"problem": "bad_field"}] * len(bad)


@pytest.mark.parametrize("has_envelope", [True, False])
def test_a_tweet_is_read_by_field(read: Read, has_envelope: bool) -> None:
    tweet = {
        "id": "99",
        "text": "short @inText #inText http://in.text…",
        "created_at": "2020-04-01T12:00:00.000Z",
        "lang": "en",
        "author_id": "7",
        "entities": {
            "hashtags": [{"start": 0, "end": 2, "tag": "given"}],
            "mentions": [{"username": "you", "id": "1"}, {"id": "2"}],
            "urls": [{"url": "https://t.co/a", "expanded_url": "https://a.bc/d"}, {"url": "https://t.co/b"}],
        },
    }
    (post,) = read([json.dumps({"data": tweet, "matching_rules": [{"id": "1"}]} if has_envelope else tweet)])
    assert post == {
        "id": "99",
        "kind": "post",
        "text": "short @inText inText …",
        "raw_text": tweet["text"],
        "created_at": datetime(2020, 4, 1, 12, tzinfo=UTC),
        "received_at": post["received_at"],
        "lang": "en",
        "author": "7",
        "refers_to": None,
        "edit_of": None,
        "metrics": None,
        "hashtags": ["given"],
        "mentions": ["you"],
        "urls": ["https://a.bc/d", "https://t.co/b"],
        "source": "socket",
        "origin": "0",
    }


def test_entities_that_are_not_given_are_found_in_the_text(read: Read) -> None:
    text = "#a @b http://c.de"
    tweets: list[dict[str, Any]] = [
        {},
        {"entities": {}},
        {"entities": None},
        {"entities": {"hashtags": [{"tag": "x"}]}},
    ]
    found = read([json.dumps({"text": text} | tweet) for tweet in tweets])
    assert [(each["mentions"], each["urls"]) for each in found] == [(["b"], ["http://c.de"])] * 4
    assert [each["hashtags"] for each in found] == [["a"], ["a"], ["a"], ["x"]]


def test_a_long_note_and_its_own_entities_win_over_its_beginning(read: Read) -> None:
    short = {"text": "begin…", "entities": {"hashtags": [{"tag": "early"}]}}
    notes = [{"text": "begin #early #late"}, {"text": "begin", "entities": {"hashtags": [{"tag": "late"}]}}]
    found = read([json.dumps(short | {"note_tweet": note}) for note in notes])
    assert [each["raw_text"] for each in found] == ["begin #early #late", "begin"]
    assert [each["hashtags"] for each in found] == [["early", "late"], ["late"]]


def test_the_kind_comes_from_the_references_or_a_leading_rt(read: Read) -> None:
    def kind(text: str, *references: str) -> str:
        return json.dumps({"text": text, "referenced_tweets": [{"type": each, "id": "1"} for each in references]})

    events = [kind("x", "retweeted"), kind("x", "replied_to", "quoted"), kind("x", "replied_to"), kind("x", "other")]
    found = read([*events, kind("RT @a: x"), kind("RT @a: x", "quoted"), "RT @a: x", "x RT @a: x"])
    assert [each["kind"] for each in found] == [
        "repost", "quote", "reply", "post", "repost", "quote", "repost", "post",
    ]  # fmt: skip


def test_what_was_cut_stays_too_long_when_more_is_allowed_later(
    events: Frame, spark: SparkSession, tmp_path: Path
) -> None:
    cut = F.struct(F.lit(2_000).cast("bigint").alias("length"), F.lit("ab").alias("sha256"))
    settings = FakeJob(spark, tmp_path, max_event_bytes=1_000_000).settings
    (row,) = with_outcome(events([b"only the start"]).withColumn("cut", cut), post_or_problem, settings).collect()
    assert (row["problem"], row["raw"], row["length"], row["sha256"]) == ("too_long", b"only the start", 2_000, "ab")


def test_no_generated_event_fails_a_task_or_gets_lost(read: Read) -> None:
    keys = st.sampled_from([*FIELDS, "data", "tag", "username", "hashtags", "urls", "type", "$a", "a.b"])
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4))
    objects = generated(st.dictionaries(keys, values, max_size=8).map(lambda each: json.dumps(each).encode()), 1_500)
    found = [*objects, *map(mutated, objects * 3), *generated(st.binary(max_size=60), 1_000)]
    assert len(found) >= 5_000
    outcomes = read(found)
    assert len(outcomes) == len(found)
    assert {outcome.get("problem") for outcome in outcomes} >= {None, "not_utf8", "not_json", "not_a_post"}


def mutated(event: bytes) -> bytes:
    """The event with some of its bytes removed, doubled or replaced."""
    data = bytearray(event)
    for _ in range(random.randint(1, 4)):
        at, to = sorted((random.randrange(len(data) + 1), random.randrange(len(data) + 1)))
        data[at:to] = random.choice([b"", data[at:to] * 2, random.randbytes(2), b'"', b"{", b"]", b"\\u", b"\r"])
    return bytes(data)
