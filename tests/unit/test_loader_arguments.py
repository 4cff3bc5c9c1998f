"""What a caller of the loader may say, and what is said to them where they may not."""

from datetime import UTC, date, datetime, timedelta, timezone

import pandas as pd
import pytest

import casestream
from casestream.errors import BadArgument, CannotReach, MissingExtra, NoSuchColumn
from casestream.frames import maker
from casestream.selection import Selection, chosen, moment
from casestream.tables import POSTS

NOBODY = "mongodb://reader:s3cr3t@127.0.0.1:1/?serverSelectionTimeoutMS=50"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "given",
    [
        NOON,
        NOON.replace(tzinfo=None),
        NOON.astimezone(timezone(timedelta(hours=5, minutes=30))),
        pd.Timestamp("2026-11-20T12:00"),
        pd.Timestamp("2026-11-20T13:00", tz="Europe/Berlin"),
        "2026-11-20T12:00:00Z",
        "2026-11-20 12:00",
        "2026-11-20T13:00+01:00",
    ],
)
def test_a_time_is_meant_as_it_is_written_and_in_utc_where_it_has_no_zone(given: datetime | str) -> None:
    assert moment("since", given) == NOON


@pytest.mark.parametrize("given", [date(2026, 11, 20), "2026-11-20"])
def test_a_date_is_its_midnight_in_utc(given: date | str) -> None:
    assert moment("until", given) == datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize("microseconds", [1, 999, 1000])
def test_a_limit_between_two_milliseconds_is_the_later_one_since_what_is_stored_lies_on_neither_side_of_it(
    microseconds: int,
) -> None:
    assert moment("since", NOON + timedelta(microseconds=microseconds)) == NOON + timedelta(milliseconds=1)


def test_a_nanosecond_of_pandas_is_behind_the_millisecond_too() -> None:
    assert moment("until", pd.Timestamp(NOON) + pd.Timedelta(1, "ns")) == NOON + timedelta(milliseconds=1)


@pytest.mark.parametrize(
    "given", ["yesterday", "", 5, pd.NaT, datetime.min.replace(tzinfo=timezone(timedelta(hours=2)))]
)
def test_what_is_no_time_is_refused_with_what_is_one(given: object) -> None:
    with pytest.raises(BadArgument, match=r"^since is no time: .* an ISO string such as 2026-11-22T19:36:20Z"):
        moment("since", given)  # type: ignore[arg-type]


def test_a_range_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(BadArgument, match=r"since .* is after until"):
        Selection.of(None, NOON, NOON - timedelta(days=1))


@pytest.mark.parametrize(("job", "jobs"), [(None, None), ("a", ("a",)), (["a", "b"], ("a", "b"))])
def test_jobs_are_one_some_or_all(job: str | list[str] | None, jobs: tuple[str, ...] | None) -> None:
    assert Selection.of(job, None, None).jobs == jobs


def test_jobs_that_are_no_names_are_refused() -> None:
    with pytest.raises(BadArgument, match=r"^job is 5. Give a name, some names, or leave it out for all"):
        Selection.of(5, None, None)  # type: ignore[arg-type]


def test_columns_come_in_the_order_asked_for_and_once() -> None:
    assert chosen(POSTS, ["timestamp", "text", "timestamp"]) == ("timestamp", "text")
    assert chosen(POSTS, None) == POSTS.names()


def test_a_column_that_is_not_there_is_refused_with_the_nearest_one_and_all_that_are() -> None:
    with pytest.raises(NoSuchColumn, match=r"no column 'hashtag'. Did you mean 'hashtags'\? It has id, kind, text,"):
        casestream.load_posts(NOBODY, columns=["text", "hashtag"])


def test_no_columns_at_all_are_refused() -> None:
    with pytest.raises(NoSuchColumn, match="columns is empty"):
        casestream.load_batches(NOBODY, columns=[])


@pytest.mark.parametrize("given", [5, [["text"]]])
def test_columns_that_are_no_names_are_refused(given: object) -> None:
    with pytest.raises(NoSuchColumn, match="no names of columns"):
        chosen(POSTS, given)  # type: ignore[arg-type]


def test_another_kind_of_table_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(BadArgument, match=r"as_ is 'numpy'. Give 'pandas', 'polars' or 'arrow'"):
        casestream.load_posts(NOBODY, as_="numpy")  # type: ignore[call-overload]


def test_iter_posts_refuses_when_it_is_called_not_at_its_first_table() -> None:
    with pytest.raises(BadArgument, match="rows is 0"):
        casestream.iter_posts(NOBODY, rows=0)
    for rows in (2.5, "5"):
        with pytest.raises(BadArgument, match=f"rows is {rows!r}. Give a whole number"):
            casestream.iter_posts(NOBODY, rows=rows)  # type: ignore[call-overload]
    with pytest.raises(NoSuchColumn):
        casestream.iter_posts(NOBODY, columns=["nothing"])


def test_polars_that_is_not_installed_is_asked_for_by_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    with pytest.raises(MissingExtra, match=r"pip install 'casestream\[polars\]'"):
        maker("polars")


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://reader:s3cr3t@/db@host",
        "reader:s3cr3t@host",
        "mongodb://reader:s3/cr3t@h:x/",
        "mongodb://reader:s3cr3t%40host/",
    ],
)
def test_an_address_that_is_none_is_refused_without_its_password(uri: str) -> None:
    with pytest.raises(BadArgument, match="no address that pymongo can use") as refused:
        casestream.load_posts(uri)
    assert "cr3t" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_certificate_that_is_not_there_is_told_with_its_file() -> None:
    with pytest.raises(BadArgument, match=r"names a file that cannot be read: .*'/nowhere/ca.pem'"):
        casestream.load_posts("mongodb://reader:s3cr3t@host/?tls=true&tlsCAFile=/nowhere/ca.pem")


def test_a_name_that_the_dns_may_not_know_is_said_to_be_one() -> None:
    with pytest.raises(BadArgument, match=r"a mongodb\+srv:// address must have an SRV record in the DNS"):
        casestream.load_posts("mongodb+srv://reader:s3cr3t@127.0.0.1/")


def test_something_else_than_a_place_is_refused() -> None:
    with pytest.raises(BadArgument, match=r"uri is a int. Give a MongoDB URI"):
        casestream.load_posts(5)  # type: ignore[call-overload]


def test_a_server_that_is_away_is_told_in_one_line_without_the_password() -> None:
    with pytest.raises(CannotReach, match=r"127.0.0.1:1.* Start it, or correct the URI") as away:
        casestream.coverage(NOBODY)
    assert "s3cr3t" not in str(away.value)
    assert "\n" not in str(away.value)
