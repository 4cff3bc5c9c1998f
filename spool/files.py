"""A folder of small files on the driver's disk or on a Hadoop file system, behind one interface."""

import os
import re
from pathlib import Path
from typing import Protocol

from pyspark.sql import SparkSession

from spool.hadoop import HadoopFolder


class OpenFile(Protocol):
    """A file being written."""

    is_broken: bool
    """After a failed write: whether nothing can be written to it any more, and how much of the block it has taken is
    not known."""

    def write(self, block: bytes) -> int:
        """Write a block, or its beginning; the number of bytes written. Raises OSError."""

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

    def make(self) -> None:
        """Make the folder where there is none."""

    def read(self, name: str) -> bytes:
        """The whole file. Raises OSError."""

    def create(self, name: str) -> OpenFile:
        """A new file of that name. Raises OSError where there is one."""

    def fence(self, name: str) -> None:
        """Take the file away from a former writer, so that its length is known and stays."""

    def cut(self, name: str, length: int) -> None:
        """Keep the first `length` bytes; a former writer, if it lives after all, reaches the file no more."""

    def rename(self, name: str, to: str) -> None:
        """Atomic. Raises OSError where the new name is taken."""

    def delete(self, name: str) -> None:
        """Remove the file; nothing happens where there is none."""


def open_folder(uri: str, spark: SparkSession) -> Folder:
    """The folder of that URI: plain Python for `file:`, which is faster, Hadoop's FileSystem for all else."""
    if match := re.fullmatch(r"file:(?://(?:localhost)?)?(/[^/].*|/)", uri):
        return LocalFolder(Path(match[1]))
    return HadoopFolder(uri, spark)


class LocalFolder:
    """A folder of the driver's own file system."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.uri = f"file://{path}"

    def list(self, below: str = "") -> list[str]:
        folder = self._path / below
        return sorted(entry.name for entry in os.scandir(folder) if entry.is_file()) if folder.is_dir() else []

    def exists(self, name: str) -> bool:
        return (self._path / name).exists()

    def make(self) -> None:
        self._path.mkdir(parents=True, exist_ok=True)

    def read(self, name: str) -> bytes:
        return (self._path / name).read_bytes()

    def create(self, name: str) -> OpenFile:
        self.make()
        return _LocalFile(self._path / name)

    def fence(self, name: str) -> None:
        """`cut` does it: a file has no owner here."""

    def cut(self, name: str, length: int) -> None:
        # A new file of that name: what a former writer has open is then nobody's.
        kept = self._path / f"{name}.cut"
        with (self._path / name).open("rb") as whole, kept.open("wb") as beginning:
            beginning.write(whole.read(length))
            beginning.flush()
            os.fsync(beginning.fileno())
        kept.replace(self._path / name)

    def rename(self, name: str, to: str) -> None:
        if self.exists(to):
            raise FileExistsError(f"{self._path / to} exists: a segment's name never repeats")
        (self._path / name).rename(self._path / to)

    def delete(self, name: str) -> None:
        (self._path / name).unlink(missing_ok=True)


class _LocalFile:
    is_broken = False  # a failed write() has taken nothing

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._is_closed = False

    def write(self, block: bytes) -> int:
        return os.write(self._descriptor, block)

    def sync(self) -> None:
        os.fsync(self._descriptor)

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True  # after an error too: the number may be another file's by now
            os.close(self._descriptor)
