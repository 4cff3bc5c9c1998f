"""Server-sent events by https://html.spec.whatwg.org/multipage/server-sent-events.html, in bounded memory."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.mastodon_api.sse import EventStream, ServerEvent
from spool.segments import CutEvent
from tests.servers.mastodon_api import FRAMES

# The examples of the specification, 9.2.6.
STOCKS = b"data: YHOO\ndata: +2\ndata: 10\n\n"
FOUR_BLOCKS = b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"
TWO_EMPTY = b"data\n\ndata\ndata\n\ndata:"
SAME = b"data:test\n\ndata: test\n\n"


def read(*blocks: bytes, most: int = 1_000) -> list[ServerEvent]:
    stream = EventStream(most)
    return [event for block in blocks for event in stream.feed(block)]


def in_pieces(body: bytes, size: int) -> list[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


def message(data: bytes, event_id: str = "") -> ServerEvent:
    return ServerEvent("message", data, event_id)


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (STOCKS, [message(b"YHOO\n+2\n10")]),
        (FOUR_BLOCKS, [message(b"first event", "1"), message(b"second event"), message(b" third event")]),
        (TWO_EMPTY, [message(b""), message(b"\n")]),
        (SAME, [message(b"test")] * 2),
    ],
)
def test_the_examples_of_the_specification_are_read_as_it_says(body: bytes, events: list[ServerEvent]) -> None:
    assert read(body) == events


def test_what_an_instance_sends_is_read_to_the_byte_and_heartbeats_are_no_events() -> None:
    events = read(FRAMES, most=100_000)
    assert [event.name for event in events] == [
        "update", "delete", "status.update", "filters_changed", "announcement", "update",
    ]  # fmt: skip
    assert events[1].data == b"116150000000000404"
    assert all(isinstance(event.data, bytes) and event.data in FRAMES for event in events)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000_000])
def test_any_line_end_and_any_cut_between_blocks_is_the_same(line_end: bytes, size: int) -> None:
    body = (b"\xef\xbb\xbf" + FRAMES + FOUR_BLOCKS).replace(b"\n", line_end)
    assert read(*in_pieces(body, size), most=100_000) == read(FRAMES + FOUR_BLOCKS, most=100_000)


def test_an_event_is_there_as_soon_as_its_blank_line_is_though_a_line_feed_may_follow() -> None:
    stream = EventStream(100)
    assert stream.feed(b"data: a\r\n\r") == [message(b"a")]
    assert stream.feed(b"\ndata: b\n\n") == [message(b"b")]


def test_a_byte_order_mark_is_passed_over_at_the_beginning_only() -> None:
    assert read(b"\xef", b"\xbb", b"\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n") == [message(b"a")]
    assert read(b"\xef\xbbdata: a\n\n") == []


def test_fields_that_are_unknown_and_names_with_blanks_are_passed_over() -> None:
    assert read(b"foo: bar\ndata : no\nDATA: no\ndatum: no\ndata: yes\n\n") == [message(b"yes")]


def test_a_name_without_data_is_no_event_and_names_none_that_follows() -> None:
    assert read(b"event: update\n\ndata: a\n\n") == [message(b"a")]


def test_an_id_stays_until_another_is_told_and_one_with_a_null_is_none() -> None:
    body = b"id: 7\ndata: a\n\ndata: b\n\nid: 8\0\ndata: c\n\nid\ndata: d\n\n"
    assert [event.id for event in read(body)] == ["7", "7", "7", ""]


def test_a_wish_to_be_left_alone_is_kept_where_it_is_a_number() -> None:
    stream = EventStream(100)
    stream.feed(b"retry: soon\n")
    assert stream.retry_seconds is None
    stream.feed(b"retry: 2500\n")
    assert stream.retry_seconds == 2.5


def test_what_the_end_of_the_stream_cuts_off_is_no_event_and_is_known() -> None:
    stream = EventStream(100)
    assert stream.feed(b"data: a\n\nevent: update\ndata: half of") == [message(b"a")]
    assert stream.has_begun
    whole = EventStream(100)
    whole.feed(b"data: a\n\n:thump\n")
    assert not whole.has_begun


def test_data_that_are_too_long_keep_their_start_length_and_hash() -> None:
    (event, after) = read(b"data: " + b"x" * 40 + b"\ndata: y\n\ndata: z\n\n", most=30)
    whole = b"x" * 40 + b"\ny"
    assert event.data == CutEvent(b"x" * 30, 42, hashlib.sha256(whole).hexdigest())
    assert after.data == b"z"


@pytest.mark.parametrize("prefix", [b"data: ", b": ", b"id: ", b"event: ", b"unknown: ", b""])
def test_a_line_without_an_end_takes_no_memory(prefix: bytes) -> None:
    stream = EventStream(1_000)
    stream.feed(prefix)
    for _ in range(1_000):
        assert stream.feed(b"x" * 10_000) == []
    held = (stream._data._part, stream._value, stream._name, stream._id)
    assert sum(map(len, held)) < 50_000


@given(st.binary(), st.lists(st.integers(1, 9), max_size=20))
def test_any_bytes_are_read_the_same_however_they_are_cut(body: bytes, cuts: list[int]) -> None:
    pieces, at = [], 0
    for size in cuts:
        pieces.append(body[at : at + size])
        at += size
    assert read(*pieces, body[at:]) == read(body)


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])), min_size=1))
def test_any_lines_of_text_come_out_as_they_went_in(lines: list[str]) -> None:
    body = "".join(f"data: {line}\n" for line in lines) + "\n"
    (event,) = read(body.encode(), most=10**6)
    assert event.data == "\n".join(lines).encode()
