"""One file of posts, written and hashed."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

import pyarrow as pa

from operations.exporting.folder import Folder, Unfinished
from operations.exporting.formats.base import Format
from operations.exporting.manifest import File

_HASH_IN_NAME = 8


class Written(NamedTuple):
    """A file as the manifest will have it, which is on the disk and has not got its name yet."""

    file: File
    unfinished: Unfinished


def write_file(folder: Folder, file_format: Format, tables: Iterable[pa.Table], stem: str) -> Written:
    """Write encoded tables. The name has a piece of the hash behind the stem: no file is replaced by a different one.

    Raises OSError, and what the tables' iterator raises.
    """
    rows = 0

    def counted() -> Iterator[pa.Table]:
        nonlocal rows
        for table in tables:
            rows += len(table)
            yield table

    def write(file: BinaryIO) -> None:
        file_format.write(counted(), file)

    unfinished = folder.write(write)
    path = f"{stem}-{unfinished.sha256[:_HASH_IN_NAME]}{file_format.suffix}"
    return Written(File(path, rows, unfinished.bytes, unfinished.sha256), unfinished)
