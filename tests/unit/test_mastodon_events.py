"""What of Mastodon's events is written to the spool, and what tells one from another."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.forgetting.targets import Targets
from operations.mastodon_stand_in.statuses import Statuses, account
from receivers.mastodon_api.events import key, spool_line
from receivers.mastodon_api.sse import EventStream, ServerEvent
from spool.segments import CutEvent
from tests.servers.mastodon_api import FRAMES, QUOTE

HERE = "https://mastodon.example"
STATUSES = Statuses(HERE)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def line_of(status: Any, name: str = "update", authors: str = "not-opted-out") -> dict[str, Any]:  # noqa: ANN401
    written = spool_line(ServerEvent(name, json.dumps(status).encode()), authors).event
    assert isinstance(written, bytes)
    return dict(json.loads(written))


def test_what_an_instance_sends_becomes_lines_with_what_it_sent_and_its_words() -> None:
    events = EventStream(100_000).feed(FRAMES)
    lines = [spool_line(event, "all").event for event in events]
    update, delete, edit, filters, announcement, reply = (json.loads(line) for line in lines)  # type: ignore[arg-type]
    assert isinstance(events[0].data, bytes)
    assert update["status"] == json.loads(events[0].data)
    assert update["text"].startswith("朝の海はとても静かで、")
    assert update["author"] == "asagao@umi.example"
    assert delete == {"event": "delete", "id": "116150000000000404"}
    assert (edit["event"], edit["id"]) == ("status.update", "116155260000000202")
    assert edit["text"].startswith(
        "#songSunday \n\nHere's a slow #guitar piece of mine called Rain Over the Allotment\n\n"
    )
    assert edit["links"] == ["https://tunes.example/marlow/rain-over-the-allotment-no-7-second-take"]
    assert reply["text"] == "@tamsin the left knob did it, thank you"
    assert reply["mentions"] == ["tamsin@meadow.example"]
    assert [filters, announcement] == [
        {"event": "filters_changed", "left_out": "kind"},
        {"event": "announcement", "left_out": "kind"},
    ]


def test_what_was_sent_is_kept_to_the_byte() -> None:
    status = STATUSES.status("ü \u2028 x")
    sent = json.dumps(status, ensure_ascii=False, indent=1).encode()
    written = spool_line(ServerEvent("update", sent), "all").event
    assert isinstance(written, bytes)
    assert sent.replace(b"\n", b" ") in written
    assert b"\n" not in written
    assert json.loads(written)["status"] == status


def test_an_account_of_the_instance_itself_has_the_host_of_its_page() -> None:
    written = line_of(STATUSES.status("hello @other", account=account("me", HERE)))
    assert written["author"] == "me@mastodon.example"
    assert written["mentions"] == ["other@mastodon.example"]
    for unusable in ("http://[", "", None, 7, ["https://a.b"]):
        assert line_of(STATUSES.status("x", account={**account("me", HERE), "url": unusable}))["author"] == "me"


def test_a_warning_stands_before_the_text() -> None:
    assert line_of(STATUSES.status("it ends", spoiler_text=" film "))["text"] == "film\n\nit ends"
    assert line_of(STATUSES.status("it ends", spoiler_text=" "))["text"] == "it ends"


def test_the_words_of_a_boost_are_those_of_the_post_that_it_repeats() -> None:
    inner = STATUSES.status("inner @who https://a.example/b", spoiler_text="careful")
    written = line_of(STATUSES.status("", content="", reblog=inner, account=account("booster", HERE)))
    assert written["text"] == "careful\n\ninner @who https://a.example/b"
    assert written["links"] == ["https://a.example/b"]
    assert written["mentions"] == ["who@mastodon.example"]
    assert written["author"] == "booster@mastodon.example"


def test_a_quote_has_its_own_words_alone() -> None:
    assert line_of(QUOTE)["text"] == "yoooooooo"


NO = account("me", HERE, noindex=True)
TAGGED = account("me", HERE, note='<p>I <a class="hashtag" href="https://a.b">#<span>NoBot</span></a></p>')
UNASKED = account("me", HERE, indexable=False)
OLD = {name: value for name, value in account("me", HERE).items() if name not in ("indexable", "noindex")}


@pytest.mark.parametrize(
    ("author", "not_opted_out", "opted_in"),
    [
        (account("me", HERE), True, True),
        (NO, False, False),
        (TAGGED, False, False),
        (UNASKED, True, False),
        (OLD, True, False),
        (account("me", HERE, note="#nobody knows"), True, True),
        ({"acct": "me", "note": 7}, True, False),
    ],
)
def test_whose_posts_are_kept_is_a_setting(author: dict[str, Any], not_opted_out: bool, opted_in: bool) -> None:
    status = STATUSES.status("secret words", account=author)
    left_out = {"event": "update", "id": status["id"], "left_out": "author"}
    assert (line_of(status, authors="not-opted-out") != left_out) is not_opted_out
    assert (line_of(status, authors="opted-in") != left_out) is opted_in
    assert line_of(status, authors="all")["text"] == "secret words"


def test_a_boost_asks_both_authors_and_private_words_are_never_kept() -> None:
    inner = STATUSES.status("secret words", account=NO)
    for status in (
        STATUSES.status("", reblog=inner),
        STATUSES.status("", reblog=STATUSES.status("secret words"), account=NO),
        STATUSES.status("secret words", visibility="private"),
    ):
        assert line_of(status)["left_out"] == "author"
        assert "secret" not in json.dumps(line_of(status))
    assert line_of(STATUSES.status("secret words", visibility="direct"), authors="all")["left_out"] == "author"


def test_an_edit_by_an_author_who_no_longer_agrees_takes_the_post_away() -> None:
    edited = STATUSES.status("x", account=NO, edited_at="2026-01-01T00:00:00.000Z")
    for name in ("status.update", "update"):
        assert line_of(edited, name) == {"event": "delete", "id": edited["id"], "left_out": "author"}


NO_STATUS = [
    b"", b"{", b"not json", b"[1]", b'"x"', b'{"text": "one"}', b'{"content": 7}', b"\xff\xfe", b'{"content":"\xff"}',
]  # fmt: skip


@pytest.mark.parametrize("data", NO_STATUS)
def test_what_is_no_status_is_handed_on_as_it_came(data: bytes) -> None:
    for name in ("update", "status.update"):
        assert spool_line(ServerEvent(name, data), "not-opted-out").event == data


@pytest.mark.parametrize("data", [b"", b"1 2", b'{"id": 1}', b"\xff" * 600])
def test_a_deletion_of_nothing_is_handed_on_as_it_came(data: bytes) -> None:
    assert spool_line(ServerEvent("delete", data), "all").event == data


def test_a_cut_event_stays_cut_and_is_a_line() -> None:
    line = spool_line(ServerEvent("update", CutEvent(b"a\nb", 9, "0" * 64)), "all").event
    assert line == CutEvent(b"a b", 9, "0" * 64)


def keys(*lines: dict[str, Any]) -> list[str | None]:
    return [key(json.dumps(line).encode()) for line in lines]


def test_each_version_of_a_status_and_its_deletion_have_a_key_of_their_own() -> None:
    first = STATUSES.status("x")
    second, third = ({**first, "edited_at": f"2026-01-01T00:00:0{number}.000Z"} for number in (1, 2))
    new, repeated = line_of(first), line_of(first)
    edits = [line_of(second, "status.update"), line_of(second), line_of(third, "status.update")]
    gone = {"event": "delete", "id": first["id"]}
    found = keys(new, repeated, *edits, gone)
    assert found[0] == found[1] == first["id"]
    assert found[2] == found[3]
    assert len({*found}) == 4
    assert None not in found


@given(JSON | st.fixed_dictionaries({"event": JSON, "id": JSON, "status": JSON}))
def test_a_key_is_had_of_any_json_or_none(value: Any) -> None:  # noqa: ANN401
    found = key(json.dumps(value).encode())
    assert found is None or (found and len(found) <= 512)


@given(
    st.fixed_dictionaries({"content": st.text()}, optional=dict.fromkeys({*STATUSES.status("x")} - {"content"}, JSON))
)
def test_a_status_of_any_fields_becomes_a_line(status: dict[str, Any]) -> None:
    line = spool_line(ServerEvent("update", json.dumps(status).encode()), "opted-in")
    assert isinstance(line.event, bytes)
    assert b"\n" not in line.event
    assert isinstance(json.loads(line.event.decode()), dict)


def test_what_is_to_be_forgotten_is_found_in_the_spool() -> None:
    status = STATUSES.status("x", account=account("me", HERE))
    line = spool_line(ServerEvent("update", json.dumps(status).encode()), "all").event
    assert isinstance(line, bytes)
    assert Targets(posts=frozenset({status["id"]})).is_event("a:1", line)
    assert Targets(authors=frozenset({"me@mastodon.example"})).is_event("a:1", line)
    assert not Targets(posts=frozenset({"1"}), authors=frozenset({"you@mastodon.example"})).is_event("a:1", line)
