"""What a line of an archive of X's API v1.1 becomes: the post that the same tweet is in X API v2."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from processors.files import FilesProcessor
from processors.rows import with_outcome
from tests.contract.conftest import ordered, outcome
from tests.contract.test_tweets import (
    FULL,
    NOT_OBJECTS,
    OTHER,
    OWN,
    PLAIN,
    PROBLEMS,
    WRONG,
    event,
    paths,
    refers,
    with_changes,
    without_origin,
)
from tests.generated import generated
from tests.streaming.fakes import HEARD_AT, FakeJob

FRAMES = Path(__file__).parents[1] / "fixtures" / "x_v1"
Tweet = dict[str, Any]
Found = dict[str, list[dict[str, Any]]]


MINE = {"id": "7", "text": 'of my own, with an "id_str"', "id_str": "8", "author": "me"}
OF_2009 = {
    "text": "mais sobre o #Twitter: http://bit.ly/5tNlDp", "created_at": "Sat Dec 19 16:01:35 +0000 2009",
    "truncated": False, "user": {"id": 59642427}, "in_reply_to_status_id": None, "id": 6832063500,
}  # fmt: skip
NO_TIMES = ("Wed Foo 10 20:19:24 +0000 2018", "Wed Feb 30 20:19:24 +0000 2018", "yesterday")
NEWS: dict[str, dict[str, Any]] = {
    '{"delete":{"status":{"id":9007199254740992,"id_str":"9007199254740993","user_id":3},"timestamp_ms":"1"}}': {
        "removes": "9007199254740993"
    },
    '{"delete":{"status":{"id":6832057002,"user_id":18378841}}}': {"removes": "6832057002"},
    '{"delete":{"status":{"id_str":"a b"}}}': {"problem": "not_a_post"},
    '{"delete":{"status":{"id_str":"1"}}} and more': {"problem": "not_json"},
    '{"scrub_geo":{"user_id":14090452,"user_id_str":"14090452","up_to_status_id_str":"23260136625"}}': {
        "problem": "not_a_post"
    },
    '{"limit":{"track":121564}}': {"problem": "not_a_post"},
}


def in_v1(tweet: Tweet) -> Tweet:
    """What X API v1.1 said of a tweet of v2."""
    entities, metrics = tweet.get("entities", {}), tweet.get("public_metrics", {})
    return {
        "created_at": "Fri Jan 02 03:04:05 +0000 2026" if "created_at" in tweet else None,
        "id": round(float(tweet["id"])),
        "id_str": tweet["id"],
        "full_text": tweet["text"],
        "truncated": False,
        "entities": {
            "hashtags": [{"text": each["tag"]} for each in entities.get("hashtags", [])],
            "user_mentions": [{"screen_name": each["username"]} for each in entities.get("mentions", [])],
            "urls": entities.get("urls", []),
            "symbols": [],
        },
        "in_reply_to_status_id_str": None,
        "user": {"id_str": tweet.get("author_id"), "screen_name": "a"},
        "lang": tweet.get("lang"),
        "favorite_count": metrics.get("like_count"),
        **{name: metrics.get(name) for name in ("retweet_count", "reply_count", "quote_count")},
    }


ORIGINAL = PLAIN | {"id": OTHER}
REPOST = refers("retweeted", text="RT @WHO: Fish…", author_id="1")
BOTH_FORMS = (
    (event(PLAIN), json.dumps(in_v1(PLAIN))),
    (event(REPOST, includes={"tweets": [ORIGINAL]}), json.dumps(in_v1(REPOST) | {"retweeted_status": in_v1(ORIGINAL)})),
)


def lines(name: str) -> list[bytes]:
    return (FRAMES / name).read_bytes().splitlines()


EVENTS: dict[str, Sequence[bytes | str]] = {
    "streamed": lines("streamed.jsonl"),
    "twarc": lines("twarc.jsonl"),
    "both forms": [each for pair in BOTH_FORMS for each in pair],
    "news": list(NEWS),
    "of 2009": [json.dumps(OF_2009)],
    "no times": [json.dumps(in_v1(PLAIN) | {"created_at": each}) for each in NO_TIMES],
    "others": [*NOT_OBJECTS, json.dumps(MINE)],
    "utf-16": ['{"text":"x"}'.encode("utf-16-le")],
}


def outcomes_of(events: Sequence[bytes | str], spark: SparkSession, folder: Path) -> list[dict[str, Any]]:
    """What files of X become: for each event its post's fields, or what else it is."""
    job = FakeJob(spark, folder, source="files", files_folder="file:/nowhere", files_as="twitter")
    processor = FilesProcessor(job.parts())
    values = (each.encode() if isinstance(each, str) else each for each in events)
    told = [(value, str(number), HEARD_AT) for number, value in enumerate(values)]
    frame = spark.createDataFrame(told, "value BINARY, origin STRING, received_at TIMESTAMP")
    return [outcome(row) for row in ordered(with_outcome(frame, processor.process, processor.settings))]


@pytest.fixture(scope="module")
def found(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """The outcomes of EVENTS, all of one batch: it is compiled once."""
    every = [each for events in EVENTS.values() for each in events]
    outcomes = iter(outcomes_of(every, spark, tmp_path_factory.mktemp("job")))
    return {name: [next(outcomes) for _ in events] for name, events in EVENTS.items()}


def test_what_streams_sent_is_read_whole(found: Found) -> None:
    posts = {post["id"]: post for post in found["streamed"]}
    assert {name: (post["kind"], post["refers_to"]) for name, post in posts.items()} == {
        "867479301360205824": ("quote", "861652051016663040"),
        "867478374385557508": ("repost", "863566329168711681"),
        "867475059358683136": ("repost", "867471562613575680"),
        "867473446648676352": ("reply", "863566329168711681"),
        "867833721579122688": ("post", None),
        "872836479608733696": ("quote", "872836379595620353"),
        "867837275152842752": ("quote", "867479301360205824"),
    }
    assert {post["author"] for post in posts.values()} == {"815279070241955840"}
    long, short = posts["867473446648676352"], posts["872836479608733696"]
    assert long["raw_text"].endswith("🐇🐈 https://t.co/eAQvI8SV57")
    assert long["text"].endswith("🐇🐈")
    assert long["mentions"] == ["notFromShrek", "ericmbudd"]
    assert long["created_at"] == datetime(2017, 5, 24, 20, 12, 41, tzinfo=UTC)
    assert (short["text"], short["hashtags"]) == ("M) This is a QuoteTweet with hashtags!", ["QuoteTweet", "hashtags"])
    assert short["urls"] == ["https://twitter.com/RobotPrincessFi/status/872836379595620353"]
    photo = "https://twitter.com/RobotPrincessFi/status/867833721579122688/photo/1"
    assert posts["867833721579122688"]["urls"] == [photo, photo], "X API v2 names each picture too"
    repost = posts["867475059358683136"]
    assert repost["raw_text"].startswith("RT @RobotPrincessFi: F) Tweet with 140 characters + media.")
    assert repost["text"].endswith("dolor sit amet, consectetur adipi")
    assert repost["mentions"] == ["RobotPrincessFi"]


def test_what_twarc_stored_is_read_whole_and_its_rounded_ids_are_not_used(found: Found) -> None:
    posts = {post["id"]: post for post in found["twarc"]}
    repost = posts["727933040803057667"]
    text = 'Ahh ... so in the context of web crawling, that\'s what a "frontier" means:'
    assert repost == {
        "id": "727933040803057667",
        "kind": "repost",
        "text": text,
        "raw_text": f"RT @justin_littman: {text} https://t.co/6oDZe03LsV",
        "created_at": datetime(2016, 5, 4, 18, 48, 55, tzinfo=UTC),
        "received_at": repost["received_at"],
        "lang": "en",
        "author": "2875189485",
        "refers_to": "725271102444953601",
        "edit_of": None,
        "metrics": {"likes": 0, "reposts": 2, "replies": None, "quotes": None},
        "hashtags": [],
        "mentions": ["justin_littman"],
        "urls": ["http://nlp.stanford.edu/IR-book/html/htmledition/the-url-frontier-1.html"],
        "source": "files",
        "origin": repost["origin"],
    }
    assert [(post["kind"], post["refers_to"]) for post in posts.values()][-3:] == [
        ("quote", "503873833213104128"),
        ("repost", "725271102444953601"),
        ("reply", "793892668606676994"),
    ]
    assert [post["hashtags"] for post in posts.values() if post["hashtags"]] == [["hashtag"]]
    assert posts["577866396094242816"]["metrics"] == {"likes": 3, "reposts": 6, "replies": None, "quotes": None}


def test_both_forms_of_a_tweet_are_the_same_post(found: Found) -> None:
    post, post_again, repost, repost_again = map(without_origin, found["both forms"])
    assert (post["kind"], repost["kind"], repost["text"]) == ("post", "repost", post["text"])
    assert (post_again, repost_again) == (post, repost)


def test_a_deletion_of_a_stream_takes_the_tweet_away_and_its_other_news_is_no_post(found: Found) -> None:
    assert found["news"] == list(NEWS.values())


def test_a_tweet_of_2009_has_neither_id_str_nor_entities(found: Found) -> None:
    (post,) = found["of 2009"]
    assert (post["id"], post["author"], post["kind"]) == ("6832063500", "59642427", "post")
    assert (post["hashtags"], post["urls"]) == (["Twitter"], ["http://bit.ly/5tNlDp"])
    assert post["created_at"] == datetime(2009, 12, 19, 16, 1, 35, tzinfo=UTC)


def test_a_time_that_is_none_is_a_bad_field(found: Found) -> None:
    assert found["no times"] == [{"problem": "bad_field"}] * len(NO_TIMES)


def test_what_is_not_of_v1_is_read_as_ever(found: Found) -> None:
    *others, post = found["others"]
    assert [each.get("problem") for each in others] == list(NOT_OBJECTS.values())
    assert (post["id"], post["author"]) == ("7", "me")


def test_lines_of_utf_16_are_dead_letters_also_where_they_pass_for_utf_8(found: Found) -> None:
    assert found["utf-16"] == [{"problem": "not_utf8"}]


@pytest.mark.slow
def test_no_value_in_any_field_fails_a_task_or_loses_an_event(spark: SparkSession, tmp_path: Path) -> None:
    names = ["id", "text", "full_text", "id_str", "status", "user", "media", "a.b", "$c"]
    leaves = st.sampled_from(WRONG) | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from([OWN, OTHER])
    values = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names), inner, max_size=3),
    )
    bases = [in_v1(FULL) | {"retweeted_status": in_v1(PLAIN)}, {"delete": {"status": {"id": 1, "id_str": "1"}}}]
    changes = st.lists(st.tuples(st.sampled_from(list(paths(bases[0]))), values), min_size=1, max_size=3)
    changed = generated(
        st.tuples(st.sampled_from(bases), changes).map(lambda each: json.dumps(with_changes(*each))), 800
    )
    outcomes = outcomes_of(changed, spark, tmp_path)
    assert len(outcomes) == len(changed) >= 500
    assert {each.get("problem") for each in outcomes} <= {None, *PROBLEMS}
    assert {"id", "removes", "problem"} <= {next(iter(each), "") for each in outcomes}
