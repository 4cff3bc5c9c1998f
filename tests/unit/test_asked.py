"""What of a document goes for what the feed asks: the deleted, its copies, earlier versions, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.removals import Asked, is_earlier

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)


def event(origin: str, seconds: float = 0) -> dict[str, Any]:
    return {"origin": origin, "received_at": AT + timedelta(seconds=seconds)}


def post(name: str, origin: str = "posts/0/5", **fields: object) -> dict[str, Any]:
    return {"id": name, "author": None, "kind": "post", "refers_to": None, "edit_of": None} | event(origin) | fields


def asked(kind: str, name: str, origin: str = "posts/0/6") -> Asked:
    return Asked([{"kind": kind, "post_id": name} | event(origin)])


@pytest.mark.parametrize(
    "other",
    [
        post("1"),
        post("1", origin="posts/3/900"),
        post("2", kind="repost", refers_to="1"),
        post("2", edit_of="1"),
        post("3", kind="quote", refers_to="9", edit_of="1"),
    ],
    ids=["the-post", "the-post-that-comes-later", "a-repost", "a-later-version", "a-later-version-that-quotes"],
)
def test_a_deletion_takes_the_post_whenever_it_came_and_what_has_its_text(other: dict[str, Any]) -> None:
    assert asked("deleted", "1").takes(other)


@pytest.mark.parametrize(
    "other",
    [
        post("2"),
        post("11"),
        post("2", kind="quote", refers_to="1"),
        post("2", kind="reply", refers_to="1"),
        post("2", author="1"),
        {"id": "1", "kind": "post"},
    ],
    ids=["another", "a-longer-id", "a-quote", "a-reply", "an-author-of-that-id", "one-without-an-origin"],
)
def test_a_deletion_takes_nothing_else(other: dict[str, Any]) -> None:
    assert not asked("deleted", "1").takes(other)


def test_an_edit_takes_earlier_versions_and_neither_its_own_nor_a_later_one_nor_a_repost() -> None:
    edit = asked("edited", "1", "posts/0/6")
    assert edit.takes(post("1", "posts/0/5"))
    assert edit.takes(post("2", "posts/0/4", edit_of="1"))
    assert not edit.takes(post("1", "posts/0/6"))
    assert not edit.takes(post("3", "posts/0/6", edit_of="1"))
    assert not edit.takes(post("1", "posts/0/7"))
    assert not edit.takes(post("4", "posts/0/10", edit_of="1"))
    assert not edit.takes(post("5", "posts/0/5", kind="repost", refers_to="1"))


def test_who_is_gone_takes_all_posts_that_came_before_and_none_of_others_or_from_after_a_return() -> None:
    gone = asked("author", "me", "posts/0/6")
    assert gone.takes(post("1", "posts/0/5", author="me"))
    assert not gone.takes(post("2", "posts/0/7", author="me"))
    assert not gone.takes(post("me", "posts/0/5", author="you"))
    assert not gone.takes(post("3", "posts/0/5", author="you", edit_of="me"))
    assert not gone.takes(post("4", "posts/0/5"))


def test_of_several_edits_the_last_one_counts() -> None:
    edits = Asked([{"kind": "edited", "post_id": "1"} | event(origin) for origin in ("posts/0/6", "posts/0/9")])
    assert [edits.takes(post("1", f"posts/0/{offset}")) for offset in (5, 6, 8, 9, 10)] == [True] * 3 + [False] * 2


@pytest.mark.parametrize(
    ("one", "other", "is_so"),
    [
        (event("posts/0/9"), event("posts/0/10"), True),
        (event("posts/0/10"), event("posts/0/9", seconds=60), False),
        (event("posts/0/9"), event("posts/0/9"), False),
        (event("posts/0/900"), event("posts/1/1", seconds=1), True),
        (event("posts/0/1", seconds=1), event("posts/1/900"), False),
        (event("20261122T193559-066b98e86d6d-000002:000000000002"),
         event("20261122T193559-066b98e86d6d-000002:000000000010"), True),
        (event("20261122T193559-066b98e86d6d-000002:000000000010"),
         event("20261122T193559-066b98e86d6d-000003:000000000001"), True),
        (event("20261122T193559-066b98e86d6d-000003:000000000001", seconds=-1),
         event("20261122T193559-066b98e86d6d-000002:000000000010"), True),
        (event("by hand"), event("by hand"), False),
    ],
)  # fmt: skip
def test_an_event_is_earlier_by_its_place_in_one_partition_or_segment_and_else_by_its_time(
    one: dict[str, Any], other: dict[str, Any], is_so: bool
) -> None:
    assert is_earlier(one, other) is is_so
