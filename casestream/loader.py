"""What a data scientist calls: what committed micro-batches hold, as tables.

All take the arguments of `load_posts`, and raise what it raises. `casestream.tables` and docs/data.md have each table's
columns: type, unit, whether they may be null. docs/loader.md has their types in pandas, polars and Arrow.
"""

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack, overload

from casestream.selection import Jobs, Moment, Selection, at_least_one, chosen
from casestream.tables import BATCH_TABLE, COUNT_TABLE, COVERAGE_TABLE, POSTS

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from casestream.connection import Documents, Place
    from casestream.fields import Collection
    from casestream.frames import As, Frame

ROWS = 100_000
"""Most rows of a table of `iter_posts`, if nobody says how many."""


class Asked(TypedDict, total=False):
    """The arguments that all calls take, beside `as_`."""

    job: Jobs | None
    since: Moment | None
    until: Moment | None
    columns: Sequence[str] | None
    database: str


class AskedOfPosts(Asked, total=False):
    """Those of `load_posts`."""

    progress: bool | None


class AskedInPieces(Asked, total=False):
    """Those of `iter_posts`."""

    rows: int


@overload
def load_posts(uri: "Place", *, as_: Literal["pandas"] = "pandas", **asked: Unpack[AskedOfPosts]) -> "pd.DataFrame": ...
@overload
def load_posts(uri: "Place", *, as_: Literal["polars"], **asked: Unpack[AskedOfPosts]) -> "pl.DataFrame": ...
@overload
def load_posts(uri: "Place", *, as_: Literal["arrow"], **asked: Unpack[AskedOfPosts]) -> "pa.Table": ...
def load_posts(
    uri: "Place",
    *,
    job: Jobs | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    columns: Sequence[str] | None = None,
    as_: "As" = "pandas",
    database: str = "casestream",
    progress: bool | None = None,
) -> Any:
    """The posts of the committed micro-batches (`tables.POSTS`), by (timestamp, batch, created_at, origin).

    uri: a MongoDB URI, a pymongo MongoClient, or a pymongo Database, and then `database` is not looked at. job: a name
    or some, None: all. since, until: the range [since, until) of the micro-batches' `timestamp`; an aware datetime, a
    date, pandas' Timestamp or an ISO string; what has no zone is UTC. columns: names of the table's columns, in the
    order wanted, None: all. as_: pandas, polars (`pip install 'casestream[polars]'`) or arrow. progress: whether a bar
    is shown; None: on a terminal and in a notebook, if it takes longer than two seconds.

    Raises BadArgument (NoSuchColumn for a column), MissingExtra, CannotReach, Refused, NoSuchJob or Unreadable, all of
    `casestream.errors`: each says what to do next. Warns with NoJobs where no job has written to the database.
    """
    from casestream import frames, loading

    made, selection, wanted = frames.maker(as_), Selection.of(job, since, until), chosen(POSTS, columns)
    return made(loading.whole(uri, database, selection, wanted, progress))


@overload
def iter_posts(
    uri: "Place", *, as_: Literal["pandas"] = "pandas", **asked: Unpack[AskedInPieces]
) -> "Generator[pd.DataFrame, None, None]": ...
@overload
def iter_posts(
    uri: "Place", *, as_: Literal["polars"], **asked: Unpack[AskedInPieces]
) -> "Generator[pl.DataFrame, None, None]": ...
@overload
def iter_posts(
    uri: "Place", *, as_: Literal["arrow"], **asked: Unpack[AskedInPieces]
) -> "Generator[pa.Table, None, None]": ...
def iter_posts(
    uri: "Place",
    *,
    job: Jobs | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    columns: Sequence[str] | None = None,
    as_: "As" = "pandas",
    database: str = "casestream",
    rows: int = ROWS,
) -> Any:
    """The same posts in tables of at most `rows` rows, none empty; memory holds a few of them at a time.

    The other arguments are those of `load_posts`. A wrong argument is raised by the call, what is wrong with the server
    or the job by the first table. `close()` ends the reading where a loop ends early: `contextlib.closing` calls it
    also after an error.
    """
    from casestream import frames, loading

    made, selection, wanted = frames.maker(as_), Selection.of(job, since, until), chosen(POSTS, columns)
    return loading.in_pieces(uri, database, selection, wanted, at_least_one(rows), made)


@overload
def load_batches(uri: "Place", *, as_: Literal["pandas"] = "pandas", **asked: Unpack[Asked]) -> "pd.DataFrame": ...
@overload
def load_batches(uri: "Place", *, as_: Literal["polars"], **asked: Unpack[Asked]) -> "pl.DataFrame": ...
@overload
def load_batches(uri: "Place", *, as_: Literal["arrow"], **asked: Unpack[Asked]) -> "pa.Table": ...
def load_batches(
    uri: "Place",
    *,
    job: Jobs | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    columns: Sequence[str] | None = None,
    as_: "As" = "pandas",
    database: str = "casestream",
) -> Any:
    """The committed micro-batches (`tables.BATCH_TABLE`), those without posts too, by (timestamp, batch).

    Arguments and errors: see `load_posts`.
    """
    from casestream import small_tables

    asked = (uri, database, Selection.of(job, since, until), columns, as_)
    return _small(BATCH_TABLE, small_tables.batches, *asked)


@overload
def load_counts(uri: "Place", *, as_: Literal["pandas"] = "pandas", **asked: Unpack[Asked]) -> "pd.DataFrame": ...
@overload
def load_counts(uri: "Place", *, as_: Literal["polars"], **asked: Unpack[Asked]) -> "pl.DataFrame": ...
@overload
def load_counts(uri: "Place", *, as_: Literal["arrow"], **asked: Unpack[Asked]) -> "pa.Table": ...
def load_counts(
    uri: "Place",
    *,
    job: Jobs | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    columns: Sequence[str] | None = None,
    as_: "As" = "pandas",
    database: str = "casestream",
) -> Any:
    """Each reading of the case count that those batches were joined with (`tables.COUNT_TABLE`), by its first batch.

    Batches without a number are a row too, one for each status (unparsed, never, none), with a null for the number.
    Arguments and errors: see `load_posts`.
    """
    from casestream import small_tables

    asked = (uri, database, Selection.of(job, since, until), columns, as_)
    return _small(COUNT_TABLE, small_tables.counts, *asked)


@overload
def coverage(uri: "Place", *, as_: Literal["pandas"] = "pandas", **asked: Unpack[Asked]) -> "pd.DataFrame": ...
@overload
def coverage(uri: "Place", *, as_: Literal["polars"], **asked: Unpack[Asked]) -> "pl.DataFrame": ...
@overload
def coverage(uri: "Place", *, as_: Literal["arrow"], **asked: Unpack[Asked]) -> "pa.Table": ...
def coverage(
    uri: "Place",
    *,
    job: Jobs | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    columns: Sequence[str] | None = None,
    as_: "As" = "pandas",
    database: str = "casestream",
) -> Any:
    """The times in which a push feed was not heard (`tables.COVERAGE_TABLE`), by their begin.

    Those that overlap the range, as they are stored: one that reaches beyond it is not cut. An open one has no `to`.
    Arguments and errors: see `load_posts`.
    """
    from casestream import small_tables

    asked = (uri, database, Selection.of(job, since, until), columns, as_)
    return _small(COVERAGE_TABLE, small_tables.gaps, *asked)


def _small(
    table: "Collection",
    read: "Callable[[Documents, Selection, Sequence[str]], pa.Table]",
    uri: "Place",
    database: str,
    selection: Selection,
    columns: Sequence[str] | None,
    as_: "As",
) -> "Frame":
    from casestream import frames
    from casestream.connection import opened

    made, wanted = frames.maker(as_), chosen(table, columns)
    with opened(uri, database, selection) as documents:
        return made(read(documents, selection, wanted))
