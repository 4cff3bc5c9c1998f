"""The posts window by window: all of them in one table, or in pieces."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from casestream.connection import Place, opened
from casestream.posts import read_window
from casestream.progress import bar
from casestream.schemas import table_schema
from casestream.selection import Selection
from casestream.tables import POSTS
from casestream.windows import Limits, committed, windows

_MEGABYTES = 1 << 20
_WINDOW_POSTS = 100_000
_WINDOW_BYTES = 32 * _MEGABYTES
_WHOLE_BATCH_BYTES = 1024 * _MEGABYTES


def whole(place: Place, database: str, selection: Selection, columns: Sequence[str], progress: bool | None) -> pa.Table:
    """All posts in one table."""
    tables = [table_schema(POSTS, columns).empty_table()]
    limits = Limits(_WINDOW_POSTS, _WINDOW_BYTES, _WHOLE_BATCH_BYTES)
    with opened(place, database, selection) as documents:
        batches = committed(documents, selection)
        with bar(sum(batches["posts"].to_pylist()), progress) as shown:
            for window in windows(batches, limits):
                tables.append(read_window(documents, window, columns))
                shown.update(window.posts)
    return pa.concat_tables(tables)


def in_pieces(
    place: Place, database: str, selection: Selection, columns: Sequence[str], rows: int
) -> Iterator[pa.Table]:
    """The posts in tables of at most so many rows."""
    limits = Limits(rows, _WINDOW_BYTES, _WINDOW_BYTES)
    with opened(place, database, selection) as documents:
        for window in windows(committed(documents, selection), limits):
            table = read_window(documents, window, columns)
            for first in range(0, len(table), rows):
                yield table.slice(first, rows)
