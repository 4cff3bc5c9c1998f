"""JSON lines: UTF-8, an object a line, its fields in the order of the columns."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from operations.exporting.formats.base import Format
from operations.exporting.formats.text import json_text, with_times_as_text

_READ_LINES = 50_000
_WRITTEN_LINES = 5_000  # a Python object for each value costs far more than the table


class JsonLines(Format):
    """Times are ISO 8601 with Z; every field is there, null where there is none."""

    suffix = ".jsonl"

    def encoded(self, posts: pa.Table) -> pa.Table:
        return with_times_as_text(posts)

    def write(self, tables: Iterable[pa.Table], file: BinaryIO) -> None:
        for table in tables:
            for batch in table.to_batches(max_chunksize=_WRITTEN_LINES):
                file.write("".join(json_text(post) + "\n" for post in batch.to_pylist()).encode())

    def read(self, path: Path) -> Iterator[pa.Table]:
        schema = self.stored_schema()
        with path.open(encoding="utf-8", newline="\n") as lines:
            while block := [json.loads(line) for line in islice(lines, _READ_LINES)]:
                if list(block[0]) != schema.names:
                    raise ValueError(f"its fields are {', '.join(block[0])}")
                yield pa.Table.from_pylist(block, schema)
