"""What an event of Mastodon becomes, from what the instance sent to the post: a post, its end, or nothing."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from operations.mastodon_stand_in.statuses import Statuses, account
from processors.mastodon import MastodonProcessor
from processors.steps import with_steps
from receivers.mastodon_api.events import spool_line
from receivers.mastodon_api.sse import EventStream, ServerEvent
from tests.generated import generated
from tests.servers.mastodon_api import FRAMES, QUOTE
from tests.streaming.fakes import FakeJob

Outcome = dict[str, Any]
Read = Callable[..., list[Outcome]]

HERE = "https://mastodon.example"
STATUSES = Statuses(HERE)
LEFT_OUT: Outcome = {"post": None, "problem": None, "removes": None}
PROBLEMS = {"not_json", "no_text", "bad_field", "not_a_post"}
MASTODON = {"source": "mastodon", "mastodon_url": HERE, "mastodon_token": "t"}


@pytest.fixture
def read(spark: SparkSession, tmp_path: Path) -> Read:
    """Of each line of the spool its post, problem, and the id of the post that it takes away."""

    def outcomes(lines: Sequence[bytes | str], **asked: Any) -> list[Outcome]:  # noqa: ANN401
        processor = MastodonProcessor(FakeJob(spark, tmp_path, **MASTODON, **asked).parts())
        rows = [(number, line.decode() if isinstance(line, bytes) else line) for number, line in enumerate(lines)]
        frame = spark.createDataFrame(rows, "number INT, event STRING")
        made = with_steps(frame, "outcome", processor.process(F.col("event"))).select("number", "outcome").collect()
        return [row["outcome"].asDict(recursive=True) for row in sorted(made, key=lambda row: int(row["number"]))]

    return outcomes


def line(status: dict[str, Any], name: str = "update") -> bytes:
    """What the receiver writes to the spool."""
    made = spool_line(ServerEvent(name, json.dumps(status).encode()), "not-opted-out").event
    assert isinstance(made, bytes)
    return made


def only_post(outcome: Outcome) -> dict[str, Any]:
    assert (outcome["problem"], outcome["removes"]) == (None, None)
    return dict(outcome["post"])


def test_what_an_instance_sends_becomes_posts_with_all_that_it_says_of_them(read: Read) -> None:
    lines = [spool_line(event, "all").event for event in EventStream(100_000).feed(FRAMES)]
    update, delete, edit, filters, announcement, reply = read(lines)
    post = only_post(update)
    assert post["id"] == "116155200000000101"
    assert (post["kind"], post["lang"], post["author"]) == ("post", "en", "asagao@umi.example")
    assert post["raw_text"].startswith("<p>朝の海は")
    assert post["text"] == post["raw_text"].removeprefix("<p>").removesuffix("</p>")
    assert post["created_at"].replace(tzinfo=UTC) == datetime(2026, 3, 1, 8, 15, 30, tzinfo=UTC)
    assert post["metrics"] == {"likes": 0, "reposts": 0, "replies": 0, "quotes": None}
    assert delete == {"post": None, "problem": None, "removes": "116150000000000404"}
    assert edit["removes"] == edit["post"]["id"] == "116155260000000202"
    assert edit["problem"] is None
    assert edit["post"]["text"] == (
        "songSunday Here's a slow guitar piece of mine called Rain Over the Allotment fingerstyle (folk ish)"
    )
    assert edit["post"]["hashtags"] == ["SONGSUNDAY", "guitar", "fingerstyle", "folk"]
    assert edit["post"]["urls"] == ["https://tunes.example/marlow/rain-over-the-allotment-no-7-second-take"]
    assert filters == announcement == LEFT_OUT
    answer = only_post(reply)
    assert (answer["kind"], answer["refers_to"]) == ("reply", "116155210000000299")
    assert answer["mentions"] == ["tamsin@meadow.example"]
    assert answer["text"] == "@tamsin the left knob did it, thank you"


def test_a_quote_and_a_boost_name_what_they_refer_to_and_a_boost_has_its_words(read: Read) -> None:
    inner = STATUSES.status("inner #tag @who https://a.example/b", language="de")
    boost = STATUSES.status("", content="", reblog=inner, language=None, account=account("booster", HERE))
    shallow = {**QUOTE, "quote": {"state": "accepted", "quoted_status_id": "77"}}
    unknown = {**QUOTE, "quote": {"state": "pending", "quoted_status": None}}
    quote, by_id, none, repost = map(only_post, read([line(each) for each in (QUOTE, shallow, unknown, boost)]))
    assert (quote["kind"], quote["refers_to"], quote["text"]) == ("quote", "117020582917124092", "yoooooooo")
    assert (by_id["kind"], by_id["refers_to"]) == ("quote", "77")
    assert (none["kind"], none["refers_to"]) == ("post", None)
    assert (repost["kind"], repost["refers_to"], repost["author"]) == (
        "repost",
        inner["id"],
        "booster@mastodon.example",
    )
    assert (repost["id"], repost["text"], repost["lang"]) == (boost["id"], "inner tag @who", "de")
    assert (repost["hashtags"], repost["mentions"]) == (["tag"], ["who@mastodon.example"])
    assert repost["urls"] == ["https://a.example/b"]


def test_text_is_decoded_once_and_html_alone(read: Read) -> None:
    (post,) = map(only_post, read([line(STATUSES.status("x &lt; y & z <b>", spoiler_text="careful &amp; slow"))]))
    assert post["text"] == "careful &amp; slow x &lt; y & z <b>"
    assert post["raw_text"] == "<p>x &amp;lt; y &amp; z &lt;b&gt;</p>"


def test_a_language_that_nobody_has_named_is_none(read: Read) -> None:
    found = map(only_post, read([line(STATUSES.status("x", language=language)) for language in (None, "", "zh-TW")]))
    assert [post["lang"] for post in found] == [None, None, "zh-TW"]


def test_counts_are_metrics(read: Read) -> None:
    status = STATUSES.status("x", favourites_count=4, reblogs_count=3, replies_count=2, quotes_count=1)
    (post,) = map(only_post, read([line(status)]))
    assert post["metrics"] == {"likes": 4, "reposts": 3, "replies": 2, "quotes": 1}


def test_pictures_without_words_are_left_out_and_an_edit_that_leaves_none_takes_the_post_away(read: Read) -> None:
    picture = STATUSES.status("", content="", media_attachments=[{"id": "1", "type": "image"}])
    edited = {**picture, "edited_at": "2026-01-01T00:00:00.000Z"}
    empty = STATUSES.status("", content="<p></p>")
    found = read([line(picture), line(edited, "status.update"), line(empty)])
    assert found[:2] == [LEFT_OUT, {**LEFT_OUT, "removes": picture["id"]}]
    assert found[2] == {**LEFT_OUT, "problem": "no_text"}


def test_a_status_that_was_fetched_after_it_was_edited_takes_the_place_of_the_first_version(read: Read) -> None:
    edited = STATUSES.status("second", edited_at="2026-01-01T00:00:00.000Z")
    (found,) = read([line(edited)])
    assert (found["post"]["text"], found["removes"]) == ("second", edited["id"])


def test_authors_who_do_not_agree_are_left_out_and_their_edits_take_their_posts_away(read: Read) -> None:
    status = STATUSES.status("secret", account=account("me", HERE, noindex=True))
    assert read([line(status), line(status, "status.update")]) == [LEFT_OUT, {**LEFT_OUT, "removes": status["id"]}]


def test_only_what_is_asked_for_is_kept_and_an_edit_that_is_not_takes_the_post_away(read: Read) -> None:
    english, german, other = (
        STATUSES.status(text, language=language)
        for text, language in (("#Covid here", "en"), ("#Covid hier", "de"), ("nothing", "en"))
    )
    lines = [line(each) for each in (english, german, other)] + [line(other, "status.update")]
    found = read(lines, languages="en", keywords="covid")
    assert only_post(found[0])["text"] == "Covid here"
    assert found[1:] == [LEFT_OUT, LEFT_OUT, {**LEFT_OUT, "removes": other["id"]}]


BAD = {
    b"": "not_json",
    b"plain": "not_json",
    b"{'event':'update'}": "not_json",
    b"42": "not_a_post",
    b'[{"event":"update"}]': "not_a_post",
    b'{"event":"delete"}': "not_a_post",
    b'{"event":"delete","id":"a b"}': "not_a_post",
    b'{"event":"delete","id":"1"}{"event":"delete","id":"2"}': "not_json",
    b'{"text":"x","content":"x"}': "not_a_post",
}


def test_what_is_no_event_is_a_problem_and_takes_nothing_away(read: Read) -> None:
    assert read(list(BAD)) == [{**LEFT_OUT, "problem": problem} for problem in BAD.values()]


@pytest.mark.parametrize("field", [{"id": None}, {"id": "a b"}, {"created_at": "yesterday"}, {"language": "not one"}])
def test_a_field_that_cannot_be_trusted_is_a_problem_also_of_an_edit(read: Read, field: dict[str, Any]) -> None:
    status = {**STATUSES.status("x"), **field}
    assert read([line(status), line(status, "status.update")]) == [{**LEFT_OUT, "problem": "bad_field"}] * 2


JSON = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.lists(st.integers())
    | st.dictionaries(st.text(), st.text())
)


def test_a_status_of_any_fields_is_a_post_or_a_problem_or_left_out(read: Read) -> None:
    fields = st.fixed_dictionaries(
        {"content": st.text()}, optional=dict.fromkeys({*STATUSES.status("x")} - {"content"}, JSON)
    )
    statuses = generated(fields, 150)
    for found in read([line(each) for each in statuses]):
        assert found["problem"] in {*PROBLEMS, None}
        assert found["post"] is None or found["problem"] is None
        assert found["post"] is None or found["removes"] in (None, found["post"]["id"])


def test_a_line_of_the_spool_becomes_a_document(spark: SparkSession, tmp_path: Path) -> None:
    job = FakeJob(spark, tmp_path, **MASTODON)
    status = STATUSES.status("hello #there", account=account("me", HERE))
    job.hear([line(status), b"no event"])
    job.run(MastodonProcessor)
    (post,) = job.content
    assert (post["id"], post["author"], post["text"], post["source"]) == (
        status["id"], "me@mastodon.example", "hello there", "mastodon",
    )  # fmt: skip
    assert [letter["problem"] for letter in job.dead_letters] == ["not_json"]
