"""What a format is."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, ClassVar

import pyarrow as pa


class Format(ABC):
    """One way to write posts of this schema.

    What it writes is `encoded` first: the types that the file has. Encoded tables that were read are written again as
    the same bytes, so that rows can be taken out of a file without changing the others.
    """

    suffix: ClassVar[str]

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema

    @abstractmethod
    def encoded(self, posts: pa.Table) -> pa.Table:
        """The posts with the types that a file of this format has; the columns keep their names and order."""

    def stored_schema(self) -> pa.Schema:
        """The columns and types of encoded tables."""
        return self.encoded(self.schema.empty_table()).schema

    @abstractmethod
    def write(self, tables: Iterable[pa.Table], file: BinaryIO) -> None:
        """Write encoded tables, one at a time. Raises OSError."""

    @abstractmethod
    def read(self, path: Path) -> Iterator[pa.Table]:
        """The encoded tables of a file, a bounded number of rows at a time.

        Raises OSError or ValueError (pyarrow's errors are such) where it is no whole file of this format and schema.
        """
