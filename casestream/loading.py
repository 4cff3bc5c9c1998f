"""The posts window by window: all of them in one table, or in pieces."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pyarrow as pa
from pymongo.errors import AutoReconnect

from casestream.connection import Documents, Place, opened
from casestream.frames import Frame
from casestream.posts import read_window
from casestream.progress import bar
from casestream.schemas import table_schema
from casestream.selection import Selection
from casestream.tables import POSTS
from casestream.windows import Limits, Window, committed, windows

READERS = 2
_MEGABYTES = 1 << 20
_WINDOW_POSTS = 100_000
_WINDOW_BYTES = 32 * _MEGABYTES
_WHOLE_BATCH_BYTES = 1024 * _MEGABYTES


def whole(place: Place, database: str, selection: Selection, columns: Sequence[str], progress: bool | None) -> pa.Table:
    """All posts in one table: those columns of `tables.POSTS`. Raises the errors of `connection.opened`."""
    limits = Limits(_WINDOW_POSTS, _WINDOW_BYTES, _WHOLE_BATCH_BYTES)
    tables = [table_schema(POSTS, columns).empty_table()]
    with opened(place, database, selection) as documents:
        batches = committed(documents, selection)
        with bar(sum(batches["posts"].to_pylist()), progress) as shown:
            for table in _read(documents, windows(batches, limits), columns):
                tables.append(table)
                shown.update(len(table))
    return pa.concat_tables(tables)


def in_pieces(
    place: Place,
    database: str,
    selection: Selection,
    columns: Sequence[str],
    rows: int,
    made: Callable[[pa.Table], Frame],
) -> Generator[Frame, None, None]:
    """The posts in tables of at most `rows` rows, each as `made` makes it.

    The first one raises the errors of `connection.opened`, and so may each later one.
    """
    limits = Limits(rows, _WINDOW_BYTES, _WINDOW_BYTES)
    with opened(place, database, selection) as documents:
        for table in _read(documents, windows(committed(documents, selection), limits), columns):
            for first in range(0, len(table), rows):
                yield made(table.slice(first, rows))


def _read(database: Documents, them: Iterator[Window], columns: Sequence[str]) -> Iterator[pa.Table]:
    """The windows' posts in the windows' order; while the server answers for one, the one before it is decoded."""
    pending: deque[Future[pa.Table]] = deque()
    with ThreadPoolExecutor(READERS, "casestream") as readers:
        try:
            for window in them:
                pending.append(readers.submit(_read_again, database, window, columns))
                if len(pending) == READERS:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            readers.shutdown(cancel_futures=True)


def _read_again(database: Documents, window: Window, columns: Sequence[str]) -> pa.Table:
    """The window, from its beginning once more where the connection broke: pymongo repeats a query, no query's rest."""
    try:
        return read_window(database, window, columns)
    except AutoReconnect:
        return read_window(database, window, columns)
