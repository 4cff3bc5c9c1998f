"""What a segment's name and its lines say."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spool.segments import CutEvent, Line, Message, Segment, decode, encode, open_id, open_name

EVENT = st.binary().filter(lambda event: b"\n" not in event)


@given(st.lists(EVENT, max_size=20), st.integers(0, 10**11), st.integers(0, 10**13 - 1))
def test_a_line_holds_the_event_to_the_byte(events: list[bytes], first: int, heard_at: int) -> None:
    lines = encode(events, first, heard_at).split(b"\n")
    assert lines.pop() == b""
    assert [line[26:] for line in lines] == events
    assert [int(line[:12]) for line in lines] == list(range(first, first + len(events)))
    assert {line[12:26] for line in lines} <= {b"%013d " % heard_at}


@given(EVENT, st.integers(0, 10**16 - 1))
def test_the_line_of_a_cut_event_holds_its_start_its_length_and_its_hash(start: bytes, length: int) -> None:
    digest = hashlib.sha256(start).hexdigest()
    line = encode([CutEvent(start, length, digest)], 7, 1)
    assert line == b"000000000007" + b"0000000000001" + b"!" + b"%016d" % length + digest.encode() + start + b"\n"


@given(st.lists(EVENT, max_size=20), st.integers(0, 10**11), st.integers(0, 10**13 - 1))
def test_lines_read_back(events: list[bytes], first: int, heard_at: int) -> None:
    wanted = [Line(number, heard_at, False, event) for number, event in enumerate(events, first)]
    assert list(decode(encode(events, first, heard_at))) == wanted


def test_a_cut_line_reads_back_as_one_and_what_is_no_line_is_passed_over() -> None:
    content = encode([CutEvent(b"start", 5, "ab" * 32)], 3, 4)
    (line,) = decode(b"\nno line\n" + b"1" * 25 + b"\n" + content)
    assert line[:3] == (3, 4, True)
    assert line.event.endswith(b"start")


@given(st.lists(st.builds(Message, st.none() | st.binary(), st.none() | st.binary(), st.integers(0, 10**13 - 1))))
def test_a_message_reads_back_with_its_key_its_time_and_whatever_its_value_is(messages: list[Message]) -> None:
    lines = list(decode(encode(messages, 0, 5)))
    assert [Message.of(line) for line in lines] == messages
    assert [line.number for line in lines] == list(range(len(messages)))


def test_a_message_that_is_its_bytes_and_no_more_is_a_line_as_any_other() -> None:
    (line,) = decode(encode([Message(None, b"t\xffxt", 7)], 3, 4))
    assert line == Line(3, 7, False, b"t\xffxt")


@pytest.mark.parametrize("event", [b"a\nb", b"\n", CutEvent(b"a\n", 9, "0" * 64)])
def test_an_event_with_a_line_feed_is_refused(event: bytes | CutEvent) -> None:
    with pytest.raises(ValueError, match="line feed"):
        encode([b"good", event], 0, 0)


def test_a_name_says_lines_and_bytes_and_reads_back() -> None:
    segment = Segment("20260102T030405-abc-000001", 12, 345, 6)
    assert segment.name == "20260102T030405-abc-000001.12.345.6.segment"
    assert Segment.of(segment.name) == segment
    assert open_id(open_name(segment.id)) == segment.id


@pytest.mark.parametrize("name", ["", "x", "_SUCCESS", "a.1.2.segment", ".a.1.2.3.segment", "a.1.2.3.segment.cut"])
def test_other_names_are_no_segments(name: str) -> None:
    assert Segment.of(name) is None


@pytest.mark.parametrize("name", ["", "a.open", ".open", ".a.open.cut", ".a.1.2.3.segment"])
def test_other_names_are_no_open_segments(name: str) -> None:
    assert open_id(name) is None
