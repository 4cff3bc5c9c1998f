"""CSV: UTF-8, a header, every text in quotes, a null as nothing at all."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as pv

from operations.exporting.formats.base import Format
from operations.exporting.formats.text import with_lists_as_json, with_times_as_text

_BLOCK_BYTES = 64_000_000  # pyarrow wants a row within a block; a document of MongoDB, so a post, has 16 MB at most


class Csv(Format):
    """RFC 4180 with line feeds. `""` is an empty text, nothing between two commas is null. Lists are JSON."""

    suffix = ".csv"

    def encoded(self, posts: pa.Table) -> pa.Table:
        return with_lists_as_json(with_times_as_text(posts))

    def write(self, tables: Iterable[pa.Table], file: BinaryIO) -> None:
        with pv.CSVWriter(file, self.stored_schema()) as writer:
            for table in tables:
                writer.write_table(table)

    def read(self, path: Path) -> Iterator[pa.Table]:
        schema = self.stored_schema()
        types = pv.ConvertOptions(
            column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
        )
        blocks, lines = pv.ReadOptions(block_size=_BLOCK_BYTES), pv.ParseOptions(newlines_in_values=True)
        with pv.open_csv(path, read_options=blocks, parse_options=lines, convert_options=types) as batches:
            if batches.schema.names != schema.names:
                raise ValueError(f"its columns are {', '.join(batches.schema.names)}")
            for batch in batches:
                yield pa.Table.from_batches([batch])
