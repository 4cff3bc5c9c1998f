"""A folder of small files on the driver's disk or on a Hadoop file system, behind one interface."""

import re
from pathlib import Path
from typing import Protocol

from pyspark.sql import SparkSession

from spool.hadoop import HadoopFolder
from spool.local_folder import LocalFolder


class OpenFile(Protocol):
    """A file being written."""

    is_broken: bool
    """After a failed write: whether nothing can be written to it any more, and how much of the block it has taken is
    not known."""

    def write(self, block: bytes) -> int:
        """Write a block of lines, or its first lines; the number of bytes written. Raises OSError.

        A file that is not broken holds whole lines only, whatever was raised.
        """

    def sync(self) -> None:
        """Bring what was written to the disk."""

    def close(self) -> None:
        """No more is written. Twice does nothing."""


class Folder(Protocol):
    """Names are relative to the folder. A missing folder lists as empty and is made by `create`.

    Every method raises OSError where the file system does not do its part.
    """

    uri: str
    """As Hadoop writes it: nothing in it is percent-encoded."""

    def list(self, below: str = "") -> list[str]:
        """The names of the files in a sub-folder, sorted, hidden ones too."""

    def exists(self, name: str) -> bool:
        """Whether there is a file of that name."""

    def written_at(self, name: str) -> int | None:
        """When the file was written last, milliseconds since 1970; None where there is none."""

    def bytes_of(self, name: str) -> int:
        """How long the file is; 0 where there is none."""

    def make(self) -> None:
        """Make the folder where there is none."""

    def read(self, name: str) -> bytes:
        """The whole file. Raises OSError."""

    def create(self, name: str) -> OpenFile:
        """A new file of that name. Raises OSError where there is one."""

    def fence(self, name: str) -> None:
        """Take the file away from a former writer, so that its length is known and stays; may take a minute."""

    def cut(self, name: str, length: int) -> None:
        """Keep the first `length` bytes; a former writer, if it lives after all, reaches the file no more.

        Where the writer is dead this needs no room on the disk.
        """

    def rename(self, name: str, to: str) -> None:
        """Atomic. Raises OSError where the new name is taken."""

    def delete(self, name: str) -> None:
        """Remove the file; nothing happens where there is none."""

    def refusal(self, to_write: bool) -> str | None:
        """Why this user may not read here, or write; None where he may. Asked of the rights alone, nothing is written.

        Of a folder that is not there: why it could not be made.
        """

    def free_bytes(self) -> int:
        """The room that is left where the folder is, or would be."""


def open_folder(uri: str, spark: SparkSession | None) -> Folder:
    """The folder of that URI: plain Python for `file:`, which is faster, Hadoop's FileSystem for all else.

    spark: may be None where `local_path` has a path for it. Raises CannotStart where Spark has no such file system.
    """
    path = local_path(uri)
    if path is not None:
        return LocalFolder(path)
    assert spark is not None
    return HadoopFolder(uri, spark)


def local_path(uri: str) -> Path | None:
    """Where a `file:` URI lies on this machine; None for all else."""
    match = re.fullmatch(r"file:(?://(?:localhost)?)?(/[^/].*|/)", uri)
    return Path(match[1]) if match else None
