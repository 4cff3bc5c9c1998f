"""`spool.files.Folder` on the driver's own file system, in plain Python."""

import errno
import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_ONLY_THIS_USER = 0o600  # posts are nobody else's


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

    def written_at(self, name: str) -> int | None:
        try:
            return (self._path / name).stat().st_mtime_ns // 1_000_000
        except FileNotFoundError:
            return None

    def bytes_of(self, name: str) -> int:
        try:
            return (self._path / name).stat().st_size
        except FileNotFoundError:
            return 0

    def make(self) -> None:
        self._path.mkdir(parents=True, exist_ok=True)

    def read(self, name: str) -> bytes:
        return (self._path / name).read_bytes()

    def create(self, name: str) -> "_LocalFile":
        self.make()
        return _LocalFile(self._path / name)

    def fence(self, name: str) -> None:
        """`cut` does it: a file has no owner here."""

    def cut(self, name: str, length: int) -> None:
        # A new file of that name: what a former writer has open is then nobody's.
        kept = self._path / f"{name}.cut"
        try:
            kept.touch(_ONLY_THIS_USER)
            with (self._path / name).open("rb") as whole, kept.open("wb") as beginning:
                beginning.write(whole.read(length))
                beginning.flush()
                os.fsync(beginning.fileno())
            kept.replace(self._path / name)
        except OSError as error:
            kept.unlink(missing_ok=True)
            if error.errno not in _NO_ROOM:
                raise
            self._cut_in_place(self._path / name, length)

    def rename(self, name: str, to: str) -> None:
        if self.exists(to):
            raise FileExistsError(f"{self._path / to} exists: a segment's name never repeats")
        (self._path / name).rename(self._path / to)

    def delete(self, name: str) -> None:
        (self._path / name).unlink(missing_ok=True)

    def refusal(self, to_write: bool) -> str | None:
        there = self._nearest()
        if not there.is_dir():
            return f"{there} is no folder"
        mode = os.X_OK | (os.W_OK if to_write else 0) | (os.R_OK if there == self._path else 0)
        if not os.access(there, mode):
            return f"{there} does not let this user {'write' if to_write else 'read'}"
        return None

    def free_bytes(self) -> int:
        return shutil.disk_usage(self._nearest()).free

    def _nearest(self) -> Path:
        """The folder, or the first above it that there is."""
        return next(each for each in (self._path, *self._path.parents) if os.path.lexists(each))

    def _cut_in_place(self, path: Path, length: int) -> None:
        with path.open("r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise OSError(f"no room to cut {path}, and it may be open still: is its writer alive?") from error
            file.truncate(length)
            os.fsync(file.fileno())


class _LocalFile:
    """It is locked until it is closed, by the system where the process is killed: so `cut` knows that nobody writes."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _ONLY_THIS_USER)
        self._length = 0
        self._is_closed = False
        self.is_broken = False
        with suppress(OSError):  # a file system without locks: `cut` gets none either
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def write(self, block: bytes) -> int:
        taken = 0
        try:
            while taken < len(block):
                taken += os.write(self._descriptor, block[taken:])
        except OSError:
            taken = block.rfind(b"\n", 0, taken) + 1
            self._end_at(self._length + taken)
            if not taken:
                raise
        self._length += taken
        return taken

    def sync(self) -> None:
        os.fsync(self._descriptor)

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True  # after an error too: the number may be another file's by now
            os.close(self._descriptor)

    def _end_at(self, length: int) -> None:
        try:
            os.ftruncate(self._descriptor, length)
            os.lseek(self._descriptor, length, os.SEEK_SET)
        except OSError:
            self.is_broken = True
            raise
