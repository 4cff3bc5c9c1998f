"""What the Bluesky source makes of Jetstream's events: real frames, and those that are odd."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from processors.bluesky import bluesky_outcome
from processors.steps import with_steps
from settings import Settings

FRAMES = (Path(__file__).parents[1] / "jetstream_frames/frames.jsonl").read_text().splitlines()
SEEN_US = 1_783_175_888_000_000
LEFT_OUT = {"post": None, "problem": None, "removes": None}


def outcomes(spark: SparkSession, *events: str, **settings: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """Of each event; times as datetime."""
    wanted = Settings.model_validate({"jobname": "a", "source": "bluesky", **settings})
    frame = spark.createDataFrame(list(enumerate(events)), "number INT, event STRING")
    read = with_steps(frame, "outcome", bluesky_outcome(F.col("event"), wanted))
    times = F.unix_millis("outcome.post.created_at").alias("milliseconds")
    rows = sorted(read.select("number", "outcome", times).collect(), key=lambda row: int(row["number"]))
    return [_outcome(row["outcome"].asDict(recursive=True), row["milliseconds"]) for row in rows]


def _outcome(found: dict[str, Any], milliseconds: int | None) -> dict[str, Any]:
    if found["post"] is not None and milliseconds is not None:
        found["post"]["created_at"] = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return found


def posts(spark: SparkSession, *records: dict[str, Any]) -> list[dict[str, Any]]:
    """The posts of created records."""
    found = outcomes(spark, *map(event, records))
    assert all(each["post"] is not None and (each["problem"], each["removes"]) == (None, None) for each in found)
    return [each["post"] for each in found]


def post(spark: SparkSession, record: dict[str, Any]) -> dict[str, Any]:
    """The post of one."""
    return posts(spark, record)[0]


def event(record: dict[str, Any] | None, **commit: Any) -> str:  # noqa: ANN401
    of_record = {} if record is None else {"record": {"$type": "app.bsky.feed.post", **record}}
    made = {"rev": "3l", "operation": "create", "collection": "app.bsky.feed.post", "rkey": "3k", **of_record, **commit}
    return json.dumps({"did": "did:plc:a", "time_us": SEEN_US, "kind": "commit", "commit": made}, ensure_ascii=False)


def link(uri: str, start: int, end: int) -> dict[str, Any]:
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [{"$type": "…#link", "uri": uri}]}


def test_real_frames_become_posts_a_removal_and_what_is_left_out(spark: SparkSession) -> None:
    found = outcomes(spark, *FRAMES)
    assert all(each["problem"] is None for each in found)
    events = [json.loads(frame) for frame in FRAMES]
    stored = {each["post"]["id"]: each["post"] for each in found if each["post"]}
    created = [
        each for each in events
        if each["kind"] == "commit" and each["commit"]["collection"] == "app.bsky.feed.post"
        and each["commit"]["operation"] == "create" and each["commit"]["record"]["text"]
    ]  # fmt: skip
    assert stored.keys() == {f"at://{each['did']}/app.bsky.feed.post/{each['commit']['rkey']}" for each in created}
    for each in created:
        made = stored[f"at://{each['did']}/app.bsky.feed.post/{each['commit']['rkey']}"]
        record = each["commit"]["record"]
        assert made["raw_text"] == record["text"]
        assert made["author"] == each["did"]
        assert made["lang"] == (record["langs"][0] if "langs" in record else None)
        assert made["kind"] == ("reply" if "reply" in record else "post")
        assert made["refers_to"] == (record["reply"]["parent"]["uri"] if "reply" in record else None)
        seen = datetime.fromtimestamp(each["time_us"] // 1_000 / 1_000, UTC)
        assert made["created_at"] == min(datetime.fromisoformat(record["createdAt"]), seen)
        assert (made["metrics"], made["edit_of"]) == (None, None)
    assert [each["removes"] for each in found if each["removes"]] == [
        "at://did:plc:4smmjsqf6l5jkzczvw6vsrqc/app.bsky.feed.post/3mpt73z3ejc2p"
    ]
    assert sum(each == LEFT_OUT for each in found) == len(FRAMES) - len(created) - 1


def test_links_that_are_shown_cut_off_are_no_text_and_are_in_urls_whole(spark: SparkSession) -> None:
    tumblr = next(each for each in outcomes(spark, *FRAMES) if each["post"] and "Timmi" in each["post"]["text"])
    assert tumblr["post"]["text"] == (
        '"Behind them, Timmi and Wanky\'u follow silently but as fast as possible." '
        "talesatwonderworld balanwonderworldoc"
    )
    assert tumblr["post"]["urls"] == [
        "https://www.tumblr.com/tempo-tales/765681292369166336/behind-them-timmi-and-wankyu-follow-silently-but"
        "?source=share"
    ]
    assert tumblr["post"]["hashtags"] == ["talesatwonderworld", "balanwonderworldoc"]
    assert tumblr["post"]["mentions"] == []


def test_byte_offsets_are_of_utf_8_and_words_that_lead_somewhere_stay(spark: SparkSession) -> None:
    text = "ü😀 nytimes.com/a… and here"
    start = len("ü😀 ".encode())
    end = start + len("nytimes.com/a…".encode())
    here = len(text.encode()) - len("here")
    facets = [link("https://nytimes.com/abc", start, end), link("https://b.org", here, here + 4)]
    made = post(spark, {"text": text, "facets": facets})
    assert made["text"] == "ü😀 and here"
    assert made["raw_text"] == text
    assert made["urls"] == ["https://nytimes.com/abc", "https://b.org"]


NOWHERE: list[list[Any]] = [
    [link("https://a.b/c", 1, 3)],  # halves of characters
    [link("https://a.b/c", -5, 900)],
    [link("https://a.b/c", 9, 2)],
    [{"index": None, "features": [{"uri": "https://a.b/c"}]}],
    [{"features": [{"uri": "https://a.b/c"}]}, {"index": {"byteStart": 0, "byteEnd": 2}}, None],
    [{"index": {"byteStart": "x", "byteEnd": {}}, "features": [{"uri": "https://a.b/c"}]}],
]


def test_facets_that_lead_nowhere_change_no_text(spark: SparkSession) -> None:
    for made in posts(spark, *({"text": "üüü no link", "facets": facets} for facets in NOWHERE)):
        assert made["text"] == "üüü no link"
        assert made["urls"] == ["https://a.b/c"]


def test_an_event_of_thousands_of_facets_holds_no_task_up(spark: SparkSession) -> None:
    text = "a.b " * 100_000
    facets = [link("https://a.b", 4 * number, 4 * number + 3) for number in range(5_000)]
    made = post(spark, {"text": text, "facets": facets})
    assert len(made["urls"]) == 1


def test_mentions_tags_and_cards_come_from_what_stands_beside_the_text(spark: SparkSession) -> None:
    facets = [
        {"index": {"byteStart": 0, "byteEnd": 6}, "features": [{"$type": "…#mention", "did": "did:plc:alice"}]},
        {"index": {"byteStart": 7, "byteEnd": 11}, "features": [{"$type": "…#tag", "tag": "one"}]},
    ]
    card = {"$type": "app.bsky.embed.external", "external": {"uri": "https://c.d/e", "title": "t"}}
    made = post(spark, {"text": "@alice #one #two", "facets": facets, "tags": ["three", "one"], "embed": card})
    assert made["mentions"] == ["did:plc:alice"]
    assert made["hashtags"] == ["one", "three"]
    assert made["urls"] == ["https://c.d/e"]
    assert made["kind"] == "post"


def test_a_post_without_facets_is_read_as_it_stands_but_mentions_nobody(spark: SparkSession) -> None:
    made = post(spark, {"text": "@alice.bsky.social see https://a.b/c #tag"})
    assert (made["hashtags"], made["urls"], made["mentions"]) == (["tag"], ["https://a.b/c"], [])
    assert made["text"] == "@alice.bsky.social see tag"


def test_bluesky_escapes_nothing_so_nothing_is_decoded(spark: SparkSession) -> None:
    assert post(spark, {"text": "a &lt;b&gt; &amp; <c>"})["text"] == "a &lt;b&gt; &amp; <c>"


QUOTED = "at://did:plc:b/app.bsky.feed.post/3q"
PARENT = "at://did:plc:c/app.bsky.feed.post/3p"


KINDS: list[tuple[dict[str, Any], str, str | None]] = [
    ({}, "post", None),
    ({"reply": {"parent": {"uri": PARENT}, "root": {"uri": QUOTED}}}, "reply", PARENT),
    ({"embed": {"$type": "app.bsky.embed.record", "record": {"uri": QUOTED}}}, "quote", QUOTED),
    (
        {"embed": {"$type": "app.bsky.embed.recordWithMedia", "record": {"record": {"uri": QUOTED}}, "media": {}}},
        "quote",
        QUOTED,
    ),
    ({"embed": {"record": {"uri": QUOTED}}, "reply": {"parent": {"uri": PARENT}}}, "reply", PARENT),
    ({"embed": {"record": {"uri": "at://did:plc:b/app.bsky.graph.starterpack/3q"}}}, "post", None),
    ({"reply": {"parent": {"uri": {"a": 1}}}}, "post", None),
]


def test_the_kind_and_what_it_refers_to(spark: SparkSession) -> None:
    made = posts(spark, *({"text": "x", **record} for record, _, _ in KINDS))
    assert [(each["kind"], each["refers_to"]) for each in made] == [(kind, uri) for _, kind, uri in KINDS]


SEEN = datetime.fromtimestamp(SEEN_US / 1e6, UTC)
TIMES = {
    "2026-07-04T14:38:06.240Z": datetime(2026, 7, 4, 14, 38, 6, 240_000, UTC),
    "2026-07-04T16:38:06.123456789+02:00": datetime(2026, 7, 4, 14, 38, 6, 123_000, UTC),
    "2012-01-01T00:00:00Z": datetime(2012, 1, 1, tzinfo=UTC),
    "2099-01-01T00:00:00Z": SEEN,
}


def test_a_post_is_no_younger_than_when_jetstream_saw_it(spark: SparkSession) -> None:
    made = posts(spark, *({"text": "x", "createdAt": written} for written in TIMES), {"text": "no time"})
    assert [each["created_at"] for each in made] == [*TIMES.values(), SEEN]


def test_an_edit_takes_the_place_of_its_post_and_a_deletion_removes_it(spark: SparkSession) -> None:
    edit, deletion, emptied = outcomes(
        spark,
        event({"text": "new"}, operation="update"),
        event(None, operation="delete"),
        event({"text": "", "embed": {"$type": "app.bsky.embed.images"}}, operation="update"),
    )
    assert edit["post"]["id"] == edit["removes"] == "at://did:plc:a/app.bsky.feed.post/3k"
    assert edit["post"]["text"] == "new"
    assert deletion == emptied == LEFT_OUT | {"removes": "at://did:plc:a/app.bsky.feed.post/3k"}


def test_the_filter_leaves_out_posts_and_never_edits_and_deletions(spark: SparkSession) -> None:
    events = [
        event({"text": "covid", "langs": ["ja", "en-GB"]}),
        event({"text": "flu", "langs": ["en"]}),
        event({"text": "covid", "langs": ["de"]}),
        event({"text": "covid"}),
        event({"text": "flu", "langs": ["de"]}, operation="update"),
        event(None, operation="delete"),
        event({"text": "covid", "langs": ["de"], "createdAt": "soon"}),
    ]
    found = outcomes(spark, *events, languages="en", keywords="covid,grippe")
    assert [each["post"] is not None for each in found] == [True, False, False, False, True, False, False]
    assert found[1:4] == [LEFT_OUT] * 3
    assert [bool(each["removes"]) for each in found[4:]] == [True, True, False]
    assert found[6]["problem"] == "bad_field"


NO_EVENTS = [
    ("{", "not_json"),
    ("", "not_json"),
    ("{'kind':'commit'}", "not_json"),
    (event({"text": "x"}) + "{}", "not_json"),
    ("[]", "not_a_post"),
    ('"x"', "not_a_post"),
    ("{}", "not_a_post"),
    ('{"did":"did:plc:a","kind":"commit"}', "not_a_post"),
    ('{"did":"did:plc:a","kind":"later"}', "not_a_post"),
    (event(None), "not_a_post"),
    (event({}), "not_a_post"),
    (event({"text": None}), "not_a_post"),
    (event({"text": " \n"}), "no_text"),
    (event({"text": {"a": 1}}), "bad_field"),
    (event({"text": "x", "createdAt": "yesterday"}), "bad_field"),
    (event({"text": "x", "createdAt": "1969-12-31T23:59:59Z"}), "bad_field"),
    (event({"text": "x", "createdAt": "2026-07-04T14:38:06Z\n"}), "bad_field"),
    (event({"text": "x"}, operation="move"), "bad_field"),
    (event({"text": "x"}, rkey=None), "bad_field"),
    (event({"text": "x"}, rkey="a/b"), "bad_field"),
    (event(None, rkey="a b", operation="delete"), "bad_field"),
    (event({"text": "x"}).replace("did:plc:a", "plc"), "bad_field"),
]


def test_what_is_no_event_of_jetstream_is_a_dead_letter(spark: SparkSession) -> None:
    found = outcomes(spark, *(event for event, _ in NO_EVENTS))
    assert found == [LEFT_OUT | {"problem": problem} for _, problem in NO_EVENTS]


def test_what_is_deliberately_no_post_is_left_out(spark: SparkSession) -> None:
    pictures = {"$type": "app.bsky.embed.images", "images": []}
    found = outcomes(
        spark,
        event({"text": "", "embed": pictures}),
        event({"subject": {"uri": "x"}}, collection="app.bsky.feed.like"),
        event(None, collection="app.bsky.feed.like", operation="delete"),
        '{"did":"did:plc:a","time_us":1,"kind":"identity","identity":{"seq":1}}',
    )
    assert found == [LEFT_OUT] * 4


def account(**fields: Any) -> str:  # noqa: ANN401
    return json.dumps({"did": "did:plc:a", "time_us": SEEN_US, "kind": "account", "account": {"seq": 1, **fields}})


def test_an_account_that_is_deleted_or_taken_down_takes_its_posts_with_it(spark: SparkSession) -> None:
    gone = (account(active=False, status="deleted"), account(active=False, status="takendown"))
    for found in outcomes(spark, *gone, keywords="never", languages="xx"):
        assert found == {"post": None, "problem": None, "removes": "author did:plc:a"}


def test_an_account_that_is_there_or_away_for_a_time_keeps_its_posts(spark: SparkSession) -> None:
    events = (
        account(active=True),
        account(active=True, status="deleted"),
        account(active=False),
        account(status="deleted"),
        account(active="false", status="deleted"),
        account(active=False, status=["deleted"]),
        *(account(active=False, status=status) for status in ("deactivated", "suspended", "desynchronized", "new")),
        account(active=False, status="deleted").replace("did:plc:a", "a b"),
    )
    assert outcomes(spark, *events) == [LEFT_OUT] * len(events)
