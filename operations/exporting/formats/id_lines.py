"""Ids alone, one a line, without a header: what tools that fetch posts again ("hydrate" them) read."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from errors import JobError
from operations.exporting.formats.base import Format

_READ_LINES = 500_000


class IdLines(Format):
    """A schema of one column of strings. An id with a line feed, which no network has, is refused by JobError."""

    suffix = ".txt"

    def encoded(self, posts: pa.Table) -> pa.Table:
        return posts

    def write(self, tables: Iterable[pa.Table], file: BinaryIO) -> None:
        for table in tables:
            ids = table.column(0)
            if pc.any(pc.match_substring(ids, "\n")).as_py():
                raise JobError("an id has a line feed in it: --format parquet, into another folder, can hold it")
            file.write("".join(f"{each}\n" for each in ids.to_pylist()).encode())

    def read(self, path: Path) -> Iterator[pa.Table]:
        with path.open(encoding="utf-8", newline="\n") as lines:
            while block := [line.removesuffix("\n") for line in islice(lines, _READ_LINES)]:
                yield pa.table({self.schema.names[0]: pa.array(block, pa.string())})
