"""The loader returns what is committed, as it is stored: held against plain pymongo, on a filled database."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pymongo import MongoClient
from pymongo.errors import AutoReconnect

import casestream
from casestream import loading
from casestream.errors import CannotReach, NoJobs, NoSuchJob, Unreadable
from casestream.frames import As
from casestream.posts import read_window
from casestream.selection import Selection
from casestream.tables import POSTS
from casestream.windows import committed
from ledger.database import connect
from tests import plain_reading
from tests.conftest import Documents
from tests.filled import BEGIN, Filling, fill

TRIGGER = timedelta(seconds=20)
OTHER = Filling(job="other", source="socket", query="22222222", batches=2, posts=7, total_case_count=-1, status="never")


def fill_all(database: Documents) -> None:
    """Two jobs at the same times, one of them in parts, one without a count; and a requeue's batch."""
    fill(database, Filling(batches=12, posts=31, parts=3))
    fill(database, OTHER)
    fill(database, Filling(query="requeue", batches=1, posts=2, begin=BEGIN + TRIGGER / 2))


@pytest.fixture(scope="module")
def filled(mongodb_uri: str) -> Iterator[Documents]:
    """A filled database that all tests read and none changes."""
    opened = connect(mongodb_uri, f"test_{uuid4().hex[:12]}")
    with opened.client:
        fill_all(opened)
        yield opened
        opened.client.drop_database(opened.name)


@pytest.fixture
def own(database: Documents) -> Documents:
    """One of the test's own."""
    fill_all(database)
    return database


def rows(table: pa.Table) -> list[dict[str, Any]]:
    """The table's rows as Python has them."""
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def test_every_value_of_every_column_is_what_plain_pymongo_reads_and_in_order(filled: Documents) -> None:
    found = casestream.load_posts(filled, as_="arrow")
    assert tuple(found.column_names) == POSTS.names()
    assert rows(found) == [{name: row[name] for name in POSTS.names()} for row in plain_reading.posts(filled)]
    assert len(found) == 12 * 31 + 2 * 7 + 2


@pytest.mark.filterwarnings("ignore:Series.values returning")  # pyarrow's own use of pandas
def test_pandas_and_polars_hold_what_arrow_holds(filled: Documents) -> None:
    arrow = casestream.load_posts(filled, as_="arrow")
    assert casestream.load_posts(filled, as_="polars").equals(pl.DataFrame(pl.from_arrow(arrow)))
    frame = casestream.load_posts(filled)
    assert rows(pa.Table.from_pandas(frame, schema=arrow.schema, preserve_index=False)) == rows(arrow)


DTYPES = {
    "text": "str", "lang": "str", "created_at": "datetime64[ms, UTC]", "likes": "Int64", "total_case_count": "Int64",
    "hashtags": "object", "timestamp": "datetime64[ms, UTC]", "case_count_as_of": "datetime64[ms, UTC]",
}  # fmt: skip


@pytest.mark.parametrize("begin", ["2026-11-20", "2030-01-01"], ids=["posts", "no posts"])
def test_a_column_has_one_dtype_whether_there_are_posts_or_none(filled: Documents, begin: str) -> None:
    frame = casestream.load_posts(filled, since=begin, columns=list(DTYPES))
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == DTYPES
    assert all(type(tags) is list for tags in frame["hashtags"])


@pytest.mark.parametrize("as_", ["pandas", "polars", "arrow"])
def test_an_empty_database_is_an_empty_table_and_a_warning(database: Documents, as_: As) -> None:
    with pytest.warns(NoJobs, match="holds no job, so the table is empty. Is it the right one") as warned:
        found = casestream.load_posts(database, as_=as_)
    assert [warning.filename for warning in warned] == [__file__]
    assert found.shape == (0, len(POSTS.fields))
    with pytest.warns(NoJobs):
        assert list(casestream.iter_posts(database, as_=as_)) == []


def test_columns_are_those_asked_for_in_that_order_whatever_they_are_made_of(filled: Documents) -> None:
    whole = casestream.load_posts(filled, as_="arrow")
    for columns in (["text"], ["likes", "job", "id"], ["timestamp", "total_case_count"], ["urls", "batch"]):
        assert casestream.load_posts(filled, columns=columns, as_="arrow") == whole.select(columns)


def test_lists_alone_are_a_frame_too(filled: Documents) -> None:
    assert casestream.load_posts(filled, columns=["urls", "hashtags"]).shape == (388, 2)


@pytest.mark.parametrize(
    ("since", "until", "batches"),
    [
        (BEGIN, BEGIN + TRIGGER, 1),
        (BEGIN + timedelta(milliseconds=1), BEGIN + TRIGGER, 0),
        (BEGIN, BEGIN + TRIGGER + timedelta(milliseconds=1), 2),
        (BEGIN + 11 * TRIGGER, None, 1),
        (None, BEGIN, 0),
        (BEGIN, BEGIN, 0),
    ],
)
def test_a_range_holds_its_begin_and_not_its_end(
    filled: Documents, since: datetime | None, until: datetime | None, batches: int
) -> None:
    found = casestream.load_posts(filled, job="covid", since=since, until=until, columns=["batch"])
    assert found["batch"].loc[~found["batch"].str.startswith("requeue")].nunique() == batches


def test_jobs_are_one_some_or_all(filled: Documents) -> None:
    assert set(casestream.load_posts(filled, job="other")["job"]) == {"other"}
    assert len(casestream.load_posts(filled, job=["other", "covid"])) == len(casestream.load_posts(filled))


def test_a_job_that_is_not_there_is_refused_with_those_that_are(filled: Documents) -> None:
    with pytest.raises(NoSuchJob, match=r"holds no job 'covit'. It holds covid, other\."):
        casestream.load_posts(filled, job=["other", "covit"])
    with pytest.raises(NoSuchJob, match="is it the right database"):
        casestream.load_batches(filled.client, database="nothing", job="covid")


def test_a_job_that_has_begun_and_stored_nothing_yet_is_a_job(database: Documents) -> None:
    fill(database, Filling(job="new", batches=0))
    assert casestream.load_posts(database, job="new").empty


def test_a_uri_a_client_and_a_database_lead_to_the_same_posts(filled: Documents, mongodb_uri: str) -> None:
    wanted = casestream.load_posts(filled)
    pd.testing.assert_frame_equal(casestream.load_posts(mongodb_uri, database=filled.name), wanted)
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        pd.testing.assert_frame_equal(casestream.load_posts(client, database=filled.name), wanted)
        assert client.admin.command("ping")["ok"]


def test_what_is_planned_only_is_not_there(own: Documents) -> None:
    own["batches"].update_one({"_id": "22222222:1"}, {"$set": {"state": "planned", "committed_at": None}})
    assert set(casestream.load_posts(own, job="other")["batch"]) == {"22222222:0"}
    assert len(casestream.load_batches(own, job="other")) == 1


def test_batches_whose_documents_have_expired_are_not_asked_for(own: Documents) -> None:
    own["micro_batches"].delete_many({"job": "covid"})
    own["batches"].update_many({"job": "covid"}, {"$set": {"expired_at": BEGIN}})
    assert len(committed(own, Selection.of(None, None, None))) == 2
    assert len(casestream.load_posts(own)) == 14
    assert len(casestream.load_batches(own)) == 15


def test_documents_that_vanish_or_shrink_between_listing_and_reading_are_as_they_then_are(own: Documents) -> None:
    pieces = casestream.iter_posts(own, rows=31, columns=["batch", "origin"], as_="arrow")
    read = [next(pieces)]
    own["micro_batches"].delete_many({"batch_id": {"$gte": 6}})
    own["batches"].delete_many({"batch_id": {"$gte": 6}})
    own["micro_batches"].update_one({"batch_id": 5, "part": 0}, {"$pop": {"content": 1}})
    read += pieces
    left = rows(pa.concat_tables(read))
    assert len(left) in range(6 * 31, 12 * 31 + 16)  # what was read ahead is there
    assert [row for row in left if row["batch"].endswith(":11")] == []


def test_batches_that_are_stored_meanwhile_are_whole_or_not_there(own: Documents) -> None:
    later = Filling(query="later", batches=3, posts=30, parts=3, begin=BEGIN + 20 * TRIGGER)
    pieces = casestream.iter_posts(own, rows=31, columns=["batch"], as_="arrow")
    first = next(pieces)
    fill(own, later)
    assert "later:0" not in {row["batch"] for piece in (first, *pieces) for row in rows(piece)}
    again = casestream.load_posts(own, columns=["batch"])
    assert again["batch"].value_counts().filter(like="later").to_dict() == {f"later:{n}": 30 for n in range(3)}


@pytest.mark.parametrize("count", [1, 7, 31, 100_000])
def test_pieces_put_together_are_the_whole_and_none_has_more_rows_than_asked(filled: Documents, count: int) -> None:
    pieces = list(casestream.iter_posts(filled, rows=count, as_="arrow"))
    assert all(1 <= len(piece) <= count for piece in pieces)
    assert rows(pa.concat_tables(pieces)) == plain_rows(filled)


def plain_rows(database: Documents) -> list[dict[str, Any]]:
    """All posts by plain pymongo, their columns in the table's order."""
    return [{name: row[name] for name in POSTS.names()} for row in plain_reading.posts(database)]


def test_only_the_windows_in_hand_are_read_however_many_there_are(
    filled: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    monkeypatch.setattr("casestream.loading.read_window", _counting(read_window, read))
    pieces = casestream.iter_posts(filled, rows=31, as_="arrow")
    for taken, _ in enumerate(pieces, 1):
        assert len(read) <= taken + loading.READERS
    assert len(read) > 3 * loading.READERS


def test_a_connection_that_breaks_in_the_middle_of_a_window_costs_no_post_and_repeats_none(
    filled: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    monkeypatch.setattr("casestream.loading.read_window", _breaking_once(read_window, read))
    assert rows(casestream.load_posts(filled, as_="arrow")) == plain_rows(filled)
    assert len(read) == 2


def test_a_server_that_stays_away_is_told(filled: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> pa.Table:
        raise AutoReconnect("connection closed")

    monkeypatch.setattr("casestream.loading.read_window", broken)
    with pytest.raises(CannotReach, match="connection closed"):
        casestream.load_posts(filled)


def _breaking_once(wrapped: Callable[..., pa.Table], read: list[int]) -> Callable[..., pa.Table]:
    def breaking(*arguments: object) -> pa.Table:
        read.append(1)
        if len(read) == 1:
            raise AutoReconnect("connection closed")
        return wrapped(*arguments)

    return breaking


def _counting(wrapped: Callable[..., pa.Table], read: list[int]) -> Callable[..., pa.Table]:
    def counted(*arguments: object) -> pa.Table:
        read.append(1)
        return wrapped(*arguments)

    return counted


def test_an_iteration_that_is_left_leaves_no_thread_and_no_connection(filled: Documents, mongodb_uri: str) -> None:
    pieces = casestream.iter_posts(mongodb_uri, database=filled.name, rows=10)
    next(pieces)
    del pieces
    assert readers() == []


def test_an_iteration_is_closed_by_whoever_wants_it_ended_also_while_a_traceback_holds_it(filled: Documents) -> None:
    pieces = casestream.iter_posts(filled, rows=10)
    next(pieces)
    assert readers() != []
    pieces.close()
    assert readers() == []


def readers() -> list[str]:
    """The loader's threads that there are."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("casestream")]


def test_a_batch_larger_than_a_window_is_read_by_its_parts_and_whole_where_all_is_loaded(
    filled: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_WINDOW_BYTES", 31 * 600 // 3)
    pieces = list(casestream.iter_posts(filled, job="covid", rows=1000, as_="arrow", columns=["origin"]))
    assert len(pieces) >= 36
    assert max(map(len, pieces)) <= 11
    found = rows(casestream.load_posts(filled, as_="arrow"))
    assert found == plain_rows(filled)


def test_a_field_of_another_type_is_told_and_where(own: Documents) -> None:
    own["micro_batches"].update_one({"job": "other"}, {"$set": {"content.0.text": 5}})
    with pytest.raises(Unreadable, match=r"micro_batches holds what no job stores: .*`manage.py verify`"):
        casestream.load_posts(own)
    assert len(casestream.load_posts(own, columns=["id"])) == 388


@pytest.mark.parametrize("progress", [True, False])
def test_a_bar_counts_the_posts_where_one_is_wanted(
    filled: Documents, capsys: pytest.CaptureFixture[str], progress: bool
) -> None:
    casestream.load_posts(filled, progress=progress)
    assert ("388/388" in capsys.readouterr().err) is progress


def test_nobody_is_shown_a_bar_where_nobody_looks(filled: Documents, capsys: pytest.CaptureFixture[str]) -> None:
    casestream.load_posts(filled)
    assert capsys.readouterr().err == ""


def test_times_are_aware_and_in_utc(filled: Documents) -> None:
    first = casestream.load_posts(filled, columns=["timestamp"])["timestamp"].iloc[0]
    assert first == pd.Timestamp(BEGIN)
    assert first.utcoffset() == timedelta(0)
    assert rows(casestream.load_posts(filled, columns=["timestamp"], as_="arrow"))[0]["timestamp"].tzinfo is not None
    assert BEGIN.tzinfo is UTC
