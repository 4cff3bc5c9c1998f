"""The folder of an export: a file is in it whole or not at all, also when the machine loses its power meanwhile."""

import errno
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import BinaryIO, NamedTuple

from errors import CannotStart, JobError

_LOCK = ".lock"
_UNFINISHED = ".unfinished"
_DATA = re.compile(r"job=[^/]+/day=\d{4}-\d\d-\d\d/posts-\d{5}-[0-9a-f]{8}\.\w+")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class Unfinished(NamedTuple):
    """A file that is written and on the disk, without its name."""

    path: Path
    bytes: int
    sha256: str


class Folder:
    """The files of an export, by their paths relative to it. Hidden names are no part of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._numbers = count()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other process out that would write here; what a dead one left unfinished is removed.

        Raises CannotStart where one is at work, or the folder cannot be made or written.
        """
        with _explained(self.path), (self.path / _LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CannotStart(f"{self.path}: another export, or a forget, writes there: try again later") from None
            self._remove_unfinished()
            try:
                yield
            finally:
                self._remove_unfinished()

    def _remove_unfinished(self) -> None:
        shutil.rmtree(self.path / _UNFINISHED, ignore_errors=True)

    def write(self, write: Callable[[BinaryIO], None]) -> Unfinished:
        """A new file with what the function writes into it. Raises OSError, and what the function raises."""
        folder = self.path / _UNFINISHED
        folder.mkdir(exist_ok=True)
        path = folder / str(next(self._numbers))
        with path.open("w+b") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Unfinished(path, path.stat().st_size, digest)

    def publish(self, file: Unfinished, name: str) -> None:
        """Give the file its name, in place of a file that has it. Raises OSError."""
        to = self.path / name
        to.parent.mkdir(parents=True, exist_ok=True)
        file.path.replace(to)
        for folder in (to.parent, *to.parent.parents):
            _sync(folder)
            if folder == self.path:
                break

    def size(self, name: str) -> int | None:
        """Bytes of the file, None where there is none."""
        try:
            return (self.path / name).stat().st_size
        except FileNotFoundError:
            return None

    def data(self, below: str = "") -> list[str]:
        """The files of posts below a folder of it, sorted."""
        found = (self.path / below).rglob("*")
        return sorted(name for each in found if _DATA.fullmatch(name := each.relative_to(self.path).as_posix()))

    def keep_only(self, kept: set[str], below: str = "") -> None:
        """Remove every other file of posts below that folder, and folders of days and jobs that are empty then."""
        for name in self.data(below):
            if name not in kept:
                (self.path / name).unlink()
        for day in sorted(self.path.glob("job=*/day=*")):
            if not any(day.iterdir()):
                day.rmdir()
                if not any(day.parent.iterdir()):
                    day.parent.rmdir()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What the file system did not do, in a line. Raises CannotStart or JobError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise JobError(
                f"{path}: no room is left there. What is in its manifest is whole: make room, and the same command "
                "goes on where this one was."
            ) from error
        raise CannotStart(f"{path} cannot be written: {error}") from error
