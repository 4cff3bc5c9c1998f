"""A stream of bytes cut into events, however it arrives."""

import hashlib
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from receivers.lines import LineSplitter
from spool.segments import CutEvent

AMPLE = 1_000_000
BLOCKS = st.lists(st.binary(max_size=40).map(lambda block: block.replace(b"\x01", b"\n")), max_size=20)


def split(blocks: list[bytes], most: int = AMPLE) -> list[bytes | CutEvent]:
    lines = LineSplitter(most)
    events = [event for block in blocks for event in lines.feed(block)]
    return events + lines.finish()


@given(BLOCKS)
def test_events_are_the_bytes_between_line_feeds_wherever_the_blocks_end(blocks: list[bytes]) -> None:
    *ended, rest = b"".join(blocks).split(b"\n")
    assert split(blocks) == [*ended, *([rest] if rest else [])]


def test_everything_but_a_line_feed_belongs_to_the_event() -> None:
    odd = [b"", b"\r", b"a\r", b"\x00", b"\xef\xbb\xbfa", b"\xff\xfe", b"\xc2\x85", b"\xe2\x80\xa8", b"\xed\xa0\x80"]
    stream = b"".join(event + b"\n" for event in odd)
    assert split([stream]) == odd
    assert split([bytes([byte]) for byte in stream]) == odd


@given(st.binary(min_size=1, max_size=60).filter(lambda line: b"\n" not in line), st.integers(1, 60), st.booleans())
def test_a_longer_event_is_cut_and_carries_length_and_hash_of_the_whole(line: bytes, most: int, is_ended: bool) -> None:
    cut = CutEvent(line[:most], len(line), hashlib.sha256(line).hexdigest())
    stream = line + b"\nnext\n" if is_ended else line
    events = split([stream[at : at + 7] for at in range(0, len(stream), 7)], most)
    assert events[0] == (line if len(line) <= most else cut)
    assert len(events) == (2 if is_ended else 1)


def test_an_endless_line_costs_no_memory() -> None:
    lines, block = LineSplitter(10_000), b"x" * 100_000
    tracemalloc.start()
    for _ in range(500):
        assert lines.feed(block) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    (event,) = lines.finish()
    assert isinstance(event, CutEvent)
    assert (event.length, len(event.start)) == (50_000_000, 10_000)
    assert peak < 1_000_000
