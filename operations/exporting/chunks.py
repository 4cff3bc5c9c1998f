"""Tables of any size as tables of one size, and these as files: the same posts make the same files."""

from collections.abc import Iterable, Iterator

import pyarrow as pa

ROWS_AT_ONCE = 50_000
"""Of a row group in Parquet; what is held in memory is a few of these."""
TABLES_IN_A_FILE = 10


def of_size(tables: Iterable[pa.Table], rows: int = ROWS_AT_ONCE) -> Iterator[pa.Table]:
    """The same rows in tables of so many, the last one of fewer; none is empty."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        while sum(map(len, waiting)) >= rows:
            whole = pa.concat_tables(waiting)
            yield whole.slice(0, rows)
            waiting = [whole.slice(rows)]
    if sum(map(len, waiting)):
        yield pa.concat_tables(waiting)


def in_files(tables: Iterable[pa.Table], count: int = TABLES_IN_A_FILE) -> Iterator[Iterator[pa.Table]]:
    """The tables of a file, `count` of them, file by file; each must be used up before the next is asked for."""
    rest = iter(tables)
    for first in rest:
        yield _beginning_with(first, rest, count)


def _beginning_with(first: pa.Table, rest: Iterator[pa.Table], count: int) -> Iterator[pa.Table]:
    yield first
    for _, table in zip(range(count - 1), rest, strict=False):
        yield table
