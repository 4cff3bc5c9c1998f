"""Parquet: zstd, a row group for each table, dictionaries where values repeat."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from operations.exporting.formats.base import Format

# Of these a row group has few different values. Texts and ids have many: a dictionary of them would be given up late.
_REPEATED = (
    "kind", "lang", "author", "likes", "reposts", "replies", "quotes", "hashtags.list.element", "source", "job",
    "batch", "timestamp", "total_case_count", "case_count_status", "case_count_provider", "case_count_as_of",
    "case_count_fetched_at", "case_count_flags.list.element",
)  # fmt: skip
# A reader that takes `job` from the folders' names too, as pandas does, wants the type that it would give it.
_OF_THE_FOLDERS = ("job",)


class Parquet(Format):
    """The types of the loader; `job` is a dictionary, so that pandas and pyarrow read the folder as a whole."""

    suffix = ".parquet"

    def encoded(self, posts: pa.Table) -> pa.Table:
        for name in set(_OF_THE_FOLDERS) & set(posts.column_names):
            if not pa.types.is_dictionary(posts[name].type):
                position = posts.column_names.index(name)
                posts = posts.set_column(position, name, posts[name].dictionary_encode())
        return posts.unify_dictionaries().replace_schema_metadata(None)

    def write(self, tables: Iterable[pa.Table], file: BinaryIO) -> None:
        schema = self.stored_schema()
        repeated = [name for name in _REPEATED if name.partition(".")[0] in schema.names]
        with pq.ParquetWriter(file, schema, compression="zstd", use_dictionary=repeated) as writer:
            for table in tables:
                writer.write_table(table, row_group_size=max(table.num_rows, 1))

    def read(self, path: Path) -> Iterator[pa.Table]:
        with pq.ParquetFile(path) as file:
            if file.schema_arrow.remove_metadata() != self.stored_schema():
                raise ValueError(f"its columns are {', '.join(file.schema_arrow.names)}")
            for group in range(file.num_row_groups):
                yield file.read_row_group(group)
