"""A folder of small files on the driver's disk or on a Hadoop file system, behind one interface."""

import os
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from pyspark.sql import SparkSession

from spool.hadoop import HadoopFolder


class OpenFile(Protocol):
    """A file being written."""

    def write(self, block: bytes) -> int:
        """Write a block, or its beginning; the number of bytes written. Raises OSError with nothing of it lost."""

    def sync(self) -> None:
        """Bring what was written to the disk."""

    def close(self) -> None:
        """No more is written."""


class Folder(Protocol):
    """Names are relative to the folder. A missing folder lists as empty and is made by `create`."""

    uri: str

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

    def cut(self, name: str, length: int) -> None:
        """Keep the first `length` bytes of a file that nobody writes any more."""

    def rename(self, name: str, to: str) -> None:
        """Atomic. Raises OSError where the new name is taken."""

    def delete(self, name: str) -> None:
        """Remove the file; nothing happens where there is none."""


def open_folder(uri: str, spark: SparkSession) -> Folder:
    """The folder of that URI: plain Python for `file:`, which is faster, Hadoop's FileSystem for all else."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return LocalFolder(Path(unquote(parts.path)))
    return HadoopFolder(uri, spark)


class LocalFolder:
    """A folder of the driver's own file system."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.uri = path.as_uri()

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

    def cut(self, name: str, length: int) -> None:
        os.truncate(self._path / name, length)

    def rename(self, name: str, to: str) -> None:
        if self.exists(to):
            raise FileExistsError(f"{self._path / to} exists: a segment's name never repeats")
        (self._path / name).rename(self._path / to)

    def delete(self, name: str) -> None:
        (self._path / name).unlink(missing_ok=True)


class _LocalFile:
    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def write(self, block: bytes) -> int:
        return os.write(self._descriptor, block)

    def sync(self) -> None:
        os.fsync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)
