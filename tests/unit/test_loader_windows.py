"""Windows: what the loader reads at once."""

from itertools import pairwise

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from casestream.windows import Limits, Window, windows

LIMITS = Limits(posts=1_000, bytes=500_000, batch_bytes=500_000)
BATCHES = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 3_000), st.integers(100, 900)), max_size=30)


def listed(batches: list[tuple[int, int, int]]) -> pa.Table:
    """The ledger's list: of each batch parts, posts, bytes a post."""
    return pa.table(
        {
            "_id": pa.array([f"q:{number}" for number in range(len(batches))], pa.string()),
            "parts": pa.array([parts for parts, _, _ in batches], pa.int64()),
            "posts": pa.array([posts for _, posts, _ in batches], pa.int64()),
            "bytes": pa.array([posts * size for _, posts, size in batches], pa.int64()),
        }
    )


def batch_of(identity: str) -> str:
    return identity.rpartition(":")[0]


@given(BATCHES)
def test_every_part_of_every_batch_is_read_once_and_in_order(batches: list[tuple[int, int, int]]) -> None:
    ids = [each for window in windows(listed(batches), LIMITS) for each in window.ids]
    assert ids == [f"q:{number}:{part}" for number, (parts, _, _) in enumerate(batches) for part in range(parts)]


@given(BATCHES)
def test_a_window_keeps_within_the_limits_or_holds_but_one_batch_and_of_a_large_one_but_one_part(
    batches: list[tuple[int, int, int]],
) -> None:
    for window in windows(listed(batches), LIMITS):
        if window.posts > LIMITS.posts or window.bytes > LIMITS.bytes:
            assert len({batch_of(each) for each in window.ids}) == 1
        if window.bytes > LIMITS.bytes:
            assert len(window.ids) == 1


@given(BATCHES)
def test_two_windows_that_would_fit_into_one_are_one(batches: list[tuple[int, int, int]]) -> None:
    for one, other in pairwise(windows(listed(batches), LIMITS)):
        assert one.posts + other.posts > LIMITS.posts or one.bytes + other.bytes > LIMITS.bytes or _of_one(one, other)


def _of_one(one: Window, other: Window) -> bool:
    """The end of a batch's parts may stand alone: they are dealt out evenly."""
    return batch_of(one.ids[-1]) == batch_of(other.ids[0])


def test_ids_are_limited_too_so_that_empty_batches_make_no_endless_query() -> None:
    found = list(windows(listed([(1, 1, 1)] * 12_000), Limits(posts=10**9, bytes=10**9, batch_bytes=10**9)))
    assert [len(window.ids) for window in found] == [5_000, 5_000, 2_000]


def test_a_window_knows_whether_a_batch_is_in_parts() -> None:
    small, divided = listed([(1, 10, 100)] * 3), listed([(1, 10, 100), (2, 10, 100)])
    assert [window.is_in_parts for window in windows(small, LIMITS)] == [False]
    assert [window.is_in_parts for window in windows(divided, LIMITS)] == [True]
