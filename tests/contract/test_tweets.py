"""What a line of X's stream becomes: whole texts, what a post refers to, its versions, its metrics."""

import copy
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from processors.rows import with_outcome
from processors.twitter import TwitterProcessor
from tests.contract.conftest import Frame, Read, ordered, outcome
from tests.generated import generated
from tests.streaming.fakes import FakeJob

Tweet = dict[str, Any]

OWN, OTHER, THIRD = "1346889436626259968", "1346889436626259001", "1346889436626259002"
PROBLEMS = {"not_json", "no_text", "bad_field", "not_a_post"}
WRONG: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    "",
    " ",
    "x y",
    "1",
    2**64,
    1e300,
    [],
    [[]],
    [None],
    {},
    {"id": {}},
    [{"id": [1]}],
)
NOT_OBJECTS = {
    b"": "not_json",
    b" \t": "not_json",
    b"RT @a: plain": "not_json",
    b"'single'": "not_json",
    b"{'text':'x'}": "not_json",
    b'{"data":{"text":"cut': "not_json",
    b'{"data":{"text":"x"}}{"data":{"text":"y"}}': "not_json",
    b'[{"text":"x"},': "not_json",
    b"1 2": "not_json",
    b"42": "not_a_post",
    b"null": "not_a_post",
    b' "in quotes" ': "not_a_post",
    b'[{"data":{"text":"x"}}]': "not_a_post",
    b'{"data":[{"id":"1","text":"x"}]}': "not_a_post",
    b'{"data":{"id":"1"},"includes":{"tweets":[{"id":"1","text":"not its own"}]}}': "not_a_post",
    b'{"errors":[{"title":"operational-disconnect","disconnect_type":"UpstreamOperationalDisconnect"}]}': "not_a_post",
}


@pytest.fixture
def read(events: Frame, spark: SparkSession, tmp_path: Path) -> Read:
    """What the source makes of events: for each its post's fields, or `{"problem": …}`."""
    job = FakeJob(spark, tmp_path, source="twitter", twitter_bearer_token="t")
    processor = TwitterProcessor(job.parts())

    def outcomes(values: Sequence[bytes | str]) -> list[dict[str, Any]]:
        frame = events([value.encode() if isinstance(value, str) else value for value in values])
        return [outcome(row) for row in ordered(with_outcome(frame, processor.process, processor.settings))]

    return outcomes


def test_only_an_object_with_text_is_a_post(read: Read) -> None:
    found = {event: found.get("problem") for event, found in zip(NOT_OBJECTS, read(list(NOT_OBJECTS)), strict=True)}
    assert found == NOT_OBJECTS


def test_a_plain_post_is_read_whole(read: Read) -> None:
    (post,) = read([event(PLAIN)])
    assert post == {
        "id": OWN,
        "kind": "post",
        "text": "Fish & chips covid19 <3",
        "raw_text": PLAIN["text"],
        "created_at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "received_at": post["received_at"],
        "lang": "en",
        "author": "2244994945",
        "refers_to": None,
        "edit_of": None,
        "metrics": {"likes": 3, "reposts": 1, "replies": 0, "quotes": 2},
        "hashtags": ["covid19"],
        "mentions": [],
        "urls": ["https://example.org/a?b=1&c=2"],
        "source": "twitter",
        "origin": "0",
    }


def test_partial_errors_unknown_fields_and_nothing_but_a_text_make_a_post(read: Read) -> None:
    errors = [{"value": OTHER, "resource_type": "tweet", "title": "Not Found Error"}]
    found = read(
        [event(PLAIN, errors=errors), event(PLAIN | {"new": {"text": [1]}}, new=[{}]), '{"data":{"text":"x"}}']
    )
    assert [post["text"] for post in found] == ["Fish & chips covid19 <3"] * 2 + ["x"]
    assert [found[2][name] for name in ("lang", "author", "refers_to", "edit_of", "metrics")] == [None] * 5


def test_a_long_post_is_its_note(read: Read) -> None:
    (post,) = read([event(LONG)])
    assert post["raw_text"] == LONG["note_tweet"]["text"]
    assert (post["hashtags"], post["mentions"]) == (["late"], ["nurse"])


def test_a_repost_has_the_whole_text_of_the_post_that_x_sends_along(read: Read) -> None:
    original = PLAIN | {"id": OTHER}
    cut = {"hashtags": [], "mentions": [{"username": "WHO"}, {"username": "cut"}]}
    repost = refers("retweeted", text="RT @WHO: Fish &amp; ch…", entities=cut)
    whole, alone, of_another = read(
        [event(repost, includes={"tweets": [{"id": THIRD, "text": "no"}, original]}), event(repost),
         event(repost, includes={"tweets": [PLAIN]})]
    )  # fmt: skip
    assert whole["raw_text"] == "RT @WHO: " + PLAIN["text"]
    assert (whole["text"], whole["kind"], whole["refers_to"]) == ("Fish & chips covid19 <3", "repost", OTHER)
    assert (whole["hashtags"], whole["mentions"]) == (["covid19"], ["WHO"])
    assert whole["urls"] == ["https://example.org/a?b=1&c=2"]
    assert (alone["raw_text"], alone["text"], alone["mentions"]) == (repost["text"], "Fish & ch…", ["WHO", "cut"])
    assert without_origin(of_another) == without_origin(alone)


def test_a_repost_of_a_long_post_has_its_note_and_the_notes_mentions_after_its_author(read: Read) -> None:
    repost = refers("retweeted", text="RT @WHO: Begin @cut…")
    (post,) = read([event(repost, includes={"tweets": [LONG | {"id": OTHER}]})])
    assert post["raw_text"] == "RT @WHO: " + LONG["note_tweet"]["text"]
    assert post["text"] == read([event(LONG)])[0]["text"]
    assert (post["hashtags"], post["mentions"]) == (["late"], ["WHO", "nurse"])


def test_the_text_of_a_repost_is_that_of_the_post_also_where_that_begins_like_one(read: Read) -> None:
    text = "RT @b: look #x @c"
    repost = refers("retweeted", text=f"RT @a: {text}")
    own, again, without_name = read(
        [event({"id": OTHER, "text": text}), event(repost, includes={"tweets": [{"id": OTHER, "text": text}]}),
         event(repost | {"text": "a new form"}, includes={"tweets": [{"id": OTHER, "text": text}]})]
    )  # fmt: skip
    assert own["text"] == again["text"] == without_name["text"] == "look x @c"
    assert (again["raw_text"], without_name["raw_text"]) == (f"RT @a: {text}", text)
    assert (own["mentions"], again["mentions"]) == (["b", "c"], ["a", "b", "c"])
    assert own["hashtags"] == again["hashtags"] == ["x"]


@pytest.mark.parametrize("text", [None, "", " \u3000", ["x"], {"a": "x"}])
def test_a_repost_keeps_its_own_text_where_the_other_has_none(read: Read, text: object) -> None:
    repost = refers("retweeted", text="RT @a: cut…")
    (post,) = read([event(repost, includes={"tweets": [{"id": OTHER, "text": text}]})])
    assert (post["kind"], post["text"], post["raw_text"]) == ("repost", "cut…", "RT @a: cut…")


def test_quotes_and_replies_keep_their_own_text_and_name_the_other(read: Read) -> None:
    includes = {"tweets": [PLAIN | {"id": OTHER}, PLAIN | {"id": THIRD}]}
    both = {"text": "so true", "referenced_tweets": [reference("replied_to", THIRD), reference("quoted", OTHER)]}
    tweets = [refers("quoted"), refers("replied_to"), both, refers("unheard_of")]
    found = read([event(tweet, includes=includes) for tweet in tweets])
    assert {post["text"] for post in found} == {"so true"}
    assert [(post["kind"], post["refers_to"]) for post in found] == [
        ("quote", OTHER), ("reply", OTHER), ("quote", OTHER), ("post", None),
    ]  # fmt: skip


def test_ids_that_are_numbers_keep_every_digit(read: Read) -> None:
    big = 2**63 + 1
    tweet = {"id": big + 1, "text": "RT @a: x…", "referenced_tweets": [{"type": "retweeted", "id": big}]}
    tweet["edit_history_tweet_ids"] = [big, big + 1]
    (post,) = read([event(tweet, includes={"tweets": [{"id": str(big), "text": "xyz"}]})])
    assert (post["id"], post["refers_to"], post["edit_of"]) == (str(big + 1), str(big), str(big))
    assert post["text"] == "xyz"


def test_the_versions_of_an_edited_post_are_linked_by_the_first(read: Read) -> None:
    ids = [OTHER, THIRD, OWN]
    versions = [PLAIN | {"id": each, "edit_history_tweet_ids": ids[: n + 1]} for n, each in enumerate(ids)]
    first_again = PLAIN | {"id": OTHER, "edit_history_tweet_ids": ids}
    found = read([event(tweet) for tweet in [*versions, first_again]])
    assert [post["edit_of"] for post in found] == [None, OTHER, OTHER, None]
    assert [post["id"] for post in found] == [*ids, OTHER]


def test_an_edited_post_comes_in_the_place_of_its_first_version_and_a_dead_letter_of_none(
    spark: SparkSession, events: Frame, tmp_path: Path
) -> None:
    job = FakeJob(spark, tmp_path, source="twitter", twitter_bearer_token="t")
    processor = TwitterProcessor(job.parts())
    edited = PLAIN | {"edit_history_tweet_ids": [OTHER, OWN]}
    told = [event(PLAIN), event(edited), event(edited | {"text": " "})]
    rows = ordered(with_outcome(events([each.encode() for each in told]), processor.process, processor.settings))
    assert [(row["post"] is None, row["problem"], row["removes"]) for row in rows] == [
        (False, None, None),
        (False, None, OTHER),
        (True, "no_text", None),
    ]


@pytest.mark.parametrize("versions", [*WRONG, [OTHER], [OTHER, THIRD], [["a"], OWN], [{}, OWN], ["", OWN], [None, OWN]])
def test_versions_that_cannot_be_trusted_link_nothing(read: Read, versions: object) -> None:
    (post,) = read([event(PLAIN | {"edit_history_tweet_ids": versions})])
    assert (post["id"], post["edit_of"]) == (OWN, None)


def test_a_metric_that_is_no_whole_number_is_null_and_harms_no_other(read: Read) -> None:
    good = {0: 0, 7: 7, 2**53: 2**53}
    bad = [-1, 2**53 + 1, 2**63, 10**40, 1.0, 1e3, "3", "", "x", True, None, [1], {"a": 1}]
    found = read([event(PLAIN | {"public_metrics": counts(likes)}) for likes in [*good, *bad]])
    assert [post["metrics"]["likes"] for post in found] == [*good.values(), *[None] * len(bad)]
    assert {tuple(post["metrics"].values())[1:] for post in found} == {(1, 0, 2)}
    assert {post["lang"] for post in found} == {"en"}


def test_without_a_single_metric_there_are_none(read: Read) -> None:
    metrics = [*WRONG, {"impression_count": 5}, {"like_count": -1, "quote_count": "x"}]
    found = read([event(PLAIN | {"public_metrics": each}) for each in metrics])
    assert [(post["metrics"], post["id"]) for post in found] == [(None, OWN)] * len(metrics)


def test_references_of_a_wrong_type_are_none_and_harm_nothing(read: Read) -> None:
    of_a_wrong_type: list[object] = [*WRONG, [{"type": ["quoted"], "id": "1"}], {"type": "quoted", "id": "1"}]
    found = read([event(PLAIN | {"referenced_tweets": each}) for each in of_a_wrong_type])
    assert {(post["kind"], post["refers_to"], post["id"]) for post in found} == {("post", None, OWN)}
    no_ids = [None, "", " ", "a b", [OTHER], {"id": OTHER}]
    found = read([event(PLAIN | {"referenced_tweets": [{"type": "quoted", "id": each}]}) for each in no_ids])
    assert {(post["kind"], post["refers_to"]) for post in found} == {("quote", None)}


def test_included_posts_of_a_wrong_type_leave_a_repost_as_it_came(read: Read) -> None:
    includes: list[Any] = [*WRONG, *({"tweets": each} for each in WRONG), {"tweets": {"id": OTHER, "text": "x"}}]
    repost = refers("retweeted", text="RT @a: cut…")
    found = read([event(repost, includes=each) for each in includes])
    assert {(post["kind"], post["text"], post["refers_to"]) for post in found} == {("repost", "cut…", OTHER)}
    odd = {"id": OTHER, "text": "whole", "entities": 5, "note_tweet": [1]}
    with_null, with_scalar = read([event(repost, includes={"tweets": [each, odd], "users": 5}) for each in (None, 5)])
    assert with_null["text"] == "whole"
    assert with_scalar["text"] == "cut…", "Spark makes null of an array that holds a scalar in place of an object"


def test_no_value_in_any_field_fails_a_task_or_loses_an_event(read: Read) -> None:
    names = ["id", "text", "type", "tweets", "data", "entities", "tag", "a.b", "$c"]
    leaves = st.sampled_from(WRONG) | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from([OWN, OTHER])
    values = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names), inner, max_size=3),
    )
    base = json.loads(event(FULL, includes={"tweets": [LONG | {"id": OTHER}], "users": [{"id": "7"}]}))
    changes = st.lists(st.tuples(st.sampled_from(list(paths(base))), values), min_size=1, max_size=3)
    changed = generated(changes.map(lambda each: json.dumps(with_changes(base, each))), 2_000)
    outcomes = read(changed)
    assert len(outcomes) == len(changed) >= 1_500
    problems = {found.get("problem") for found in outcomes}
    assert {None, "not_a_post", "bad_field"} <= problems <= {None, *PROBLEMS}


def event(tweet: Tweet, **beside: object) -> str:
    """A line of the stream."""
    rules = [{"id": "1166916266197536768", "tag": "covid"}]
    return json.dumps({"data": tweet, **beside, "matching_rules": rules})


def reference(kind: str, to: str = OTHER) -> Tweet:
    return {"type": kind, "id": to}


def refers(kind: str, **fields: object) -> Tweet:
    return {"id": OWN, "text": "so true", "referenced_tweets": [reference(kind)], **fields}


def counts(likes: object) -> Tweet:
    return {"like_count": likes, "retweet_count": 1, "reply_count": 0, "quote_count": 2, "impression_count": 9}


def without_origin(post: Tweet) -> Tweet:
    return {name: value for name, value in post.items() if name != "origin"}


def paths(value: object, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The place of every value inside, outer ones too."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [each for key, item in inner for each in [(*before, key), *paths(item, (*before, key))]]


def with_changes(base: Tweet, changes: list[tuple[tuple[Any, ...], Any]]) -> Tweet:
    """The event with other values in some places; a place that an earlier change took away stays away."""
    changed = copy.deepcopy(base)
    for path, value in changes:
        at: Any = changed
        try:
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = copy.deepcopy(value)
        except (KeyError, IndexError, TypeError):
            continue
    return changed


PLAIN: Tweet = {
    "id": OWN,
    "text": "Fish &amp; chips #covid19 &lt;3 https://t.co/abcdefghij",
    "created_at": "2026-01-02T03:04:05.000Z",
    "lang": "en",
    "author_id": "2244994945",
    "edit_history_tweet_ids": [OWN],
    "public_metrics": counts(3),
    "entities": {
        "hashtags": [{"start": 17, "end": 25, "tag": "covid19"}],
        "urls": [
            {
                "start": 32,
                "end": 55,
                "url": "https://t.co/abcdefghij",
                "expanded_url": "https://example.org/a?b=1&c=2",
                "display_url": "example.org/a?b=1&c=2",
                "status": 200,
            }
        ],
    },
}
LONG: Tweet = {
    "id": OWN,
    "text": "Begin #early… https://t.co/xyz",
    "entities": {"hashtags": [{"start": 6, "end": 12, "tag": "early"}]},
    "note_tweet": {
        "text": "Begin #early " + "and on " * 100 + "@nurse #late &amp; done",
        "entities": {"hashtags": [{"tag": "late"}], "mentions": [{"username": "nurse", "id": "7"}]},
    },
}
FULL: Tweet = PLAIN | LONG | refers("retweeted", text="RT @a: x…") | {"edit_history_tweet_ids": [THIRD, OWN]}
