"""What every processor promises. A new source adds a line to CASES."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from processors import PROCESSORS
from processors.base import StreamProcessor
from processors.rows import with_outcome
from tests.contract.conftest import Frame, ordered, outcome
from tests.streaming.fakes import FakeJob

PROBLEMS = {"not_utf8", "too_long", "not_json", "no_text", "bad_field", "not_a_post"}
LONGEST = 1_000


@dataclass(frozen=True)
class Case:
    """posts: events and the text they become. problems: events and their problem, without those of the base."""

    posts: Mapping[bytes, str]
    problems: Mapping[bytes, str]
    settings: Mapping[str, Any] = field(default_factory=dict)


TEXT_OR_JSON = {b"plain &amp; #simple": "plain & simple", b'{"data":{"id":"1","text":" an  envelope "}}': "an envelope"}
NOT_TEXT_OR_JSON = {
    b'{"text":"cut of': "not_json",
    b" \t": "no_text",
    b'{"text":"","id":"1"}': "no_text",
    b'{"text":"x","created_at":"yesterday"}': "bad_field",
    b'{"delete":{"id":"1"}}': "not_a_post",
}
KAFKA = {"kafka_bootstrap_servers": "127.0.0.1:1", "kafka_topics": ("posts",)}

TWEETS = {
    b'{"data":{"id":"1","text":"a #tweet &lt;3"},"matching_rules":[{"id":"2"}]}': "a tweet <3",
    b'{"data":{"text":"begin","note_tweet":{"text":"begin and end"}}}': "begin and end",
    b'{"data":{"text":"RT @a: be","referenced_tweets":[{"type":"retweeted","id":"1"}]},'
    b'"includes":{"tweets":[{"id":"1","text":"begin and end"}]}}': "begin and end",
}
NO_TWEETS = {
    b"plain": "not_json",
    b'{"data":{"text":" "}}': "no_text",
    b'{"data":{"id":"a b","text":"x"}}': "bad_field",
    b"42": "not_a_post",
    b'{"errors":[{"title":"Not Found Error"}]}': "not_a_post",
}

STATUSES = {
    b'{"event":"update","id":"1","author":"a@b.c","text":"a #toot &lt;3","links":[],"mentions":[],'
    b'"status":{"content":"<p>a #toot &amp;lt;3</p>","created_at":"2026-01-02T00:00:00.000Z"}}': "a toot &lt;3",
    b'{"event":"status.update","id":"1","text":"warning\\n\\nnew","status":{"content":"<p>new</p>"}}': "warning new",
    b'{"event":"update","id":"2","text":"inner","status":{"content":"","reblog":{"id":"1","content":"x"}}}': "inner",
}
NO_STATUSES = {
    b"plain": "not_json",
    b'{"event":"update","id":"1","text":" ","status":{"content":"<p> </p>"}}': "no_text",
    b'{"event":"update","id":"a b","text":"x","status":{"content":"x"}}': "bad_field",
    b"42": "not_a_post",
    b'{"event":"update","id":"1"}': "not_a_post",
}
BLUESKY = {
    b'{"did":"did:plc:a","kind":"commit","commit":{"operation":"create","collection":"app.bsky.feed.post","rkey":"1",'
    b'"record":{"text":" a #post &lt;3 "}}}': "a post &lt;3",
    b'{"did":"did:plc:a","kind":"commit","commit":{"operation":"update","collection":"app.bsky.feed.post","rkey":"1",'
    b'"record":{"text":"edited"}}}': "edited",
}
NOT_BLUESKY = {
    b"plain": "not_json",
    b'{"did":"did:plc:a","kind":"commit","commit":{"operation":"create","collection":"app.bsky.feed.post","rkey":"1",'
    b'"record":{"text":" "}}}': "no_text",
    b'{"did":"plc","kind":"commit","commit":{"operation":"delete","collection":"app.bsky.feed.post","rkey":"1"}}': (
        "bad_field"
    ),
    b"42": "not_a_post",
    b'{"did":"did:plc:a","kind":"news"}': "not_a_post",
}

CASES = {
    "bluesky": Case(BLUESKY, NOT_BLUESKY),
    "files": Case(TEXT_OR_JSON, NOT_TEXT_OR_JSON, {"files_folder": "file:/nowhere"}),
    "kafka": Case(TEXT_OR_JSON, NOT_TEXT_OR_JSON, KAFKA),
    "mastodon": Case(STATUSES, NO_STATUSES, {"mastodon_url": "http://127.0.0.1:1", "mastodon_token": "t"}),
    "socket": Case(TEXT_OR_JSON, NOT_TEXT_OR_JSON),
    "twitter": Case(TWEETS, NO_TWEETS, {"twitter_bearer_token": "t"}),
}
OF_THE_BASE = {b"\xff\xfe": "not_utf8", b"x" * (LONGEST + 1): "too_long"}


@pytest.fixture(params=sorted(CASES))
def source(request: pytest.FixtureRequest) -> str:
    """Each source in turn."""
    return str(request.param)


@pytest.fixture
def case(source: str) -> Case:
    """The source's line of CASES."""
    return CASES[source]


@pytest.fixture
def processor(source: str, case: Case, spark: SparkSession, tmp_path: Path) -> StreamProcessor:
    """The source's processor, made of fakes."""
    job = FakeJob(spark, tmp_path, source=source, max_event_bytes=LONGEST, **case.settings)
    return PROCESSORS[source](job.parts())


def test_every_registered_processor_has_a_case() -> None:
    assert CASES.keys() == PROCESSORS.keys()


def test_good_events_become_posts(case: Case, processor: StreamProcessor, events: Frame) -> None:
    outcomes = [outcome(row) for row in ordered(rows(processor, events(list(case.posts))))]
    assert [each["text"] for each in outcomes] == list(case.posts.values())
    assert all(each["source"] == processor.settings.source for each in outcomes)


def test_every_problem_of_the_closed_list_is_reached(case: Case, processor: StreamProcessor, events: Frame) -> None:
    bad = {**case.problems, **OF_THE_BASE}
    outcomes = [outcome(row) for row in ordered(rows(processor, events(list(bad))))]
    assert outcomes == [{"problem": problem} for problem in bad.values()]
    assert set(bad.values()) == PROBLEMS


def test_a_dead_letter_keeps_the_bytes_their_length_and_their_hash(
    case: Case, processor: StreamProcessor, events: Frame
) -> None:
    too_long, not_utf8, fine = b"x" * (LONGEST + 1), b"\xff\x00\r", next(iter(case.posts))
    letters = ordered(rows(processor, events([too_long, not_utf8, fine])))
    assert [letter["raw"] for letter in letters] == [too_long[:LONGEST], not_utf8, None]
    assert [letter["length"] for letter in letters] == [LONGEST + 1, 3, None]
    assert [letter["sha256"] for letter in letters] == [sha256(too_long), sha256(not_utf8), None]


def test_a_tombstone_is_neither_post_nor_problem(processor: StreamProcessor, events: Frame) -> None:
    (row,) = ordered(rows(processor, events([None])))
    assert (row["post"], row["problem"], row["removes"], row["raw"]) == (None, None, None, None)
    assert row["filtered"] is False


def test_a_replayed_batch_gives_the_same_rows(case: Case, processor: StreamProcessor, events: Frame) -> None:
    batch = events([*case.posts, *case.problems, *OF_THE_BASE] * 3)
    first = ordered(rows(processor, batch.coalesce(1)))
    assert ordered(rows(processor, batch.repartition(5))) == first


def test_what_is_built_on_a_source_s_column_gives_the_same(
    case: Case, processor: StreamProcessor, events: Frame
) -> None:
    batch = events([*case.posts, *case.problems, *OF_THE_BASE, None])
    wrapped = with_outcome(batch, lambda event: F.coalesce(processor.process(event)), processor.settings)
    assert ordered(wrapped) == ordered(rows(processor, batch))


def test_no_python_runs_on_executors(case: Case, processor: StreamProcessor, events: Frame) -> None:
    plan = whole_plan(rows(processor, events(list(case.posts))))
    assert "problem" in plan
    assert not [word for word in ("Python", "Arrow", "MapInPandas", "Pandas") if word in plan]


def test_json_is_parsed_once(case: Case, processor: StreamProcessor, events: Frame) -> None:
    plan = whole_plan(rows(processor, events(list(case.posts))))
    assert plan.count("from_json(") == 1


def rows(processor: StreamProcessor, batch: DataFrame) -> DataFrame:
    return with_outcome(batch, processor.process, processor.settings)


def whole_plan(frame: DataFrame) -> str:
    """The physical plan with every field in it."""
    conf = frame.sparkSession.conf
    conf.set("spark.sql.debug.maxToStringFields", "100000")
    try:
        return str(frame._jdf.queryExecution().executedPlan().toString())
    finally:
        conf.unset("spark.sql.debug.maxToStringFields")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
