"""The small tables of the loader: batches, readings of the case count, gaps."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

import casestream
from casestream.stored import BATCHES
from casestream.tables import BATCH_TABLE, COUNT_TABLE, COVERAGE_TABLE
from tests.conftest import Documents
from tests.filled import BEGIN, CASES, Filling, fill, gap
from tests.plain_reading import count_columns

TRIGGER = timedelta(seconds=20)
MINUTE = timedelta(minutes=1)


def test_a_batch_is_its_entry_of_the_ledger_and_those_without_posts_are_there(database: Documents) -> None:
    fill(database, Filling(batches=11, posts=0, dead_letters=2))
    unparsed = Filling(total_case_count=-1, status="unparsed")
    fill(database, replace(unparsed, job="other", query="other", batches=1, posts=3, parts=2))
    database["batches"].update_one({"_id": "other:0"}, {"$unset": {"seconds": 1}, "$set": {"lag_seconds": None}})
    entries = sorted(database["batches"].find(), key=lambda entry: (entry["timestamp"], entry["_id"]))
    wanted = [{**entry, "batch": entry["_id"], **count_columns(entry)} for entry in entries]
    found = casestream.load_batches(database, as_="arrow").to_pylist()
    assert found == [{name: row.get(name) for name in BATCH_TABLE.names()} for row in wanted]


def test_a_batch_that_is_only_planned_is_not_there(database: Documents) -> None:
    fill(database, Filling(batches=3, posts=1))
    database["batches"].update_one({"batch_id": 1}, {"$set": {"state": "planned"}})
    assert casestream.load_batches(database, columns=["batch_id"])["batch_id"].tolist() == [0, 2]


def test_each_reading_is_one_row_with_the_first_and_the_last_batch_that_used_it(database: Documents) -> None:
    fill(database, Filling(batches=10, posts=1))
    _count(database, [0, 1], -1, "never", None)
    _count(database, [2], CASES, "live", BEGIN, ["fell"])
    _count(database, [3, 5, 6], CASES, "cached", BEGIN, ["stale", "fell"])
    _count(database, [4, 7], -1, "unparsed", None)
    _count(database, [8, 9], CASES + 1, "live", BEGIN + MINUTE, None)
    names = ["total_case_count", "fetched_at", "status", "flags", "first_batch", "last_batch", "batches"]
    rows = casestream.load_counts(database, as_="arrow", columns=names).to_pylist()
    at = [BEGIN + TRIGGER * number for number in range(10)]
    assert [tuple(row.values()) for row in rows] == [
        (None, None, "never", [], at[0], at[1], 2),
        (CASES, BEGIN, "live", ["stale", "fell"], at[2], at[6], 4),
        (None, None, "unparsed", [], at[4], at[7], 2),
        (CASES + 1, BEGIN + MINUTE, "live", None, at[8], at[9], 2),
    ]


def _count(
    database: Documents,
    batches: list[int],
    total: int,
    status: str,
    fetched_at: datetime | None,
    flags: Sequence[str] | None = (),
) -> None:
    count: dict[str, Any] = {"status": status, "provider": "worldometers", "as_of": None, "fetched_at": fetched_at}
    if flags is not None:  # a version without them writes no such field
        count["flags"] = list(flags)
    change = {"$set": {"total_case_count": total, "case_count": count}}
    database["batches"].update_many({"batch_id": {"$in": batches}}, change)


@pytest.fixture
def gaps(database: Documents) -> Documents:
    """Two gaps of a minute, an hour apart, and one that is open since another hour."""
    fill(database, Filling(batches=1))
    gap(database, "covid", "twitter", BEGIN, BEGIN + MINUTE)
    gap(database, "covid", "twitter", BEGIN + 60 * MINUTE, BEGIN + 61 * MINUTE)
    gap(database, "covid", "twitter", BEGIN + 120 * MINUTE, None)
    return database


@pytest.mark.parametrize(
    ("since", "until", "begins"),
    [
        (None, None, [0, 60, 120]),
        (BEGIN + MINUTE, BEGIN + 60 * MINUTE, []),
        (BEGIN + MINUTE / 2, BEGIN + 60 * MINUTE, [0]),
        (BEGIN + 60.5 * MINUTE, BEGIN + 60.6 * MINUTE, [60]),
        (BEGIN + 500 * MINUTE, None, [120]),
        (None, BEGIN, []),
    ],
)
def test_a_gap_that_overlaps_the_range_is_there_whole(
    gaps: Documents, since: datetime | None, until: datetime | None, begins: list[int]
) -> None:
    rows = casestream.coverage(gaps, since=since, until=until, as_="arrow").to_pylist()
    assert [row["from"] for row in rows] == [BEGIN + begin * MINUTE for begin in begins]
    assert all(row["to"] is None or row["to"] - row["from"] == MINUTE for row in rows)


def test_a_gap_has_its_length_and_an_open_one_has_none(gaps: Documents) -> None:
    found = casestream.coverage(gaps)
    assert found["seconds"].isna().tolist() == found["to"].isna().tolist() == [False, False, True]
    assert found["seconds"][:2].tolist() == [60, 60]


def test_empty_tables_have_the_dtypes_of_full_ones(gaps: Documents, database: Documents) -> None:
    later = BEGIN + timedelta(days=9)
    database["coverage"].update_many({"to": None}, {"$set": {"to": BEGIN + 121 * MINUTE}})
    for load in (casestream.load_batches, casestream.load_counts, casestream.coverage):
        full, empty = load(gaps), load(gaps, since=later)
        assert not full.empty
        assert empty.empty
        assert full.dtypes.equals(empty.dtypes)


def test_every_column_of_batches_comes_from_a_field_of_the_ledger() -> None:
    made = {"batch"} | {name for name in BATCH_TABLE.names() if name.startswith("case_count_")}
    assert set(BATCH_TABLE.names()) - made <= set(BATCHES.names())
    assert COUNT_TABLE.names()[:2] == ("provider", "total_case_count")
    assert COVERAGE_TABLE.names() == ("job", "source", "from", "to", "seconds", "cause", "recovered")
