"""Whatever a post may hold comes back as it was stored: generated ones, as BSON, without a server."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import Any, cast

import bson
import pyarrow as pa
from bson.int64 import Int64
from hypothesis import given, settings
from hypothesis import strategies as st

from casestream.connection import Documents
from casestream.fields import Field, Type
from casestream.posts import read_window
from casestream.recurring_fields import METRICS, POST
from casestream.tables import POSTS
from casestream.windows import Window

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
ODD = ["", "\0", "a\0b", "😀", "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}", "e\N{COMBINING ACUTE ACCENT}"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(ODD)
INTEGERS = st.integers(0, 2**31 - 1) | st.integers(-(2**63), 2**63 - 1).map(Int64)
VALUES: dict[Type, st.SearchStrategy[Any]] = {
    Type.STRING: TEXTS,
    Type.DATE: st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
        lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
    ),
    Type.STRINGS: st.lists(TEXTS, max_size=4),
    Type.OBJECT: st.fixed_dictionaries({}, optional={field.name: st.none() | INTEGERS for field in METRICS}),
}
LATER = [field for field in POST if field.null or field.type is Type.STRINGS]
"""Fields that an earlier version may not have had."""


def _values(field: Field) -> st.SearchStrategy[Any]:
    return st.none() | VALUES[field.type] if field.null else VALUES[field.type]


ONE_POST = st.fixed_dictionaries(
    {field.name: _values(field) for field in POST if field not in LATER},
    optional={**{field.name: _values(field) for field in LATER}, "of_a_later_version": st.integers(0, 9)},
)


class StoredAsBson:
    """A collection that answers every query with these documents; all that pymongoarrow asks of one."""

    codec_options = None

    def __init__(self, documents: list[dict[str, Any]]) -> None:
        self._documents = documents
        self.database = self
        self.client = self
        self.append_metadata = None

    def __getitem__(self, collection: str) -> "StoredAsBson":
        return self

    def find_raw_batches(self, _found: Mapping[str, Any], **_options: object) -> Iterator[bytes]:
        """Each document a batch of its own."""
        return map(bson.encode, self._documents)


def _documents(contents: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    count = {"status": "never", "provider": "p", "as_of": None}
    about = {"job": "j", "timestamp": AT, "total_case_count": Int64(-1), "case_count": count}
    return [{"_id": f"q:7:{part}", **about, "content": content} for part, content in enumerate(contents)]


def _row(post: dict[str, Any]) -> dict[str, Any]:
    flat = {**post, **(post.get("metrics") or {}), "job": "j", "batch": "q:7", "timestamp": AT}
    return {name: flat.get(name) for name in POSTS.names()} | {"case_count_status": "never", "case_count_provider": "p"}


@settings(deadline=None)
@given(st.lists(st.lists(ONE_POST, max_size=5), max_size=4))
def test_a_post_comes_back_as_it_was_stored_and_what_it_lacks_is_null(contents: list[list[dict[str, Any]]]) -> None:
    stored = cast(Documents, StoredAsBson(_documents(contents)))
    found: pa.Table = read_window(stored, Window(["any"], is_in_parts=True), POSTS.names())
    found.validate(full=True)
    posts = sorted(chain.from_iterable(contents), key=lambda post: (post["created_at"], post["origin"].encode()))
    assert found.to_pylist() == [_row(post) for post in posts]


@settings(deadline=None)
@given(st.lists(ONE_POST, max_size=5))
def test_posts_of_one_document_stay_in_its_order(content: list[dict[str, Any]]) -> None:
    stored = cast(Documents, StoredAsBson(_documents([content])))
    found: pa.Table = read_window(stored, Window(["any"]), ["text", "likes"])
    assert found["text"].to_pylist() == [post["text"] for post in content]
