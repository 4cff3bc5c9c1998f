"""`spool.files.Folder` through Hadoop's FileSystem API, in the driver's JVM: hdfs: and whatever else Spark knows.

https://hadoop.apache.org/docs/r3.3.4/hadoop-project-dist/hadoop-common/filesystem/filesystem.html
"""

import time
from typing import Any, cast

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from errors import CannotStart

_CLOSE_SECONDS = 60
_POLL_SECONDS = 0.5


class HadoopFolder:
    """A folder of a Hadoop file system (`spool.files.Folder`). Raises CannotStart where Spark has none of the kind."""

    def __init__(self, uri: str, spark: SparkSession) -> None:
        self.uri = uri
        self._jvm = cast(Any, spark.sparkContext._jvm)
        self._root = self._jvm.org.apache.hadoop.fs.Path(uri)
        configuration = spark.sparkContext._jsc.hadoopConfiguration()
        try:
            self._files = self._root.getFileSystem(configuration)
        except Py4JJavaError as error:
            raise CannotStart(f"{uri} cannot be used: {error.java_exception}") from error
        if self._files.getUri().getScheme() == "file":
            # Hadoop's own, and Hive's before it, is a layer that keeps checksums, does not sync and cannot truncate.
            self._files = self._jvm.org.apache.hadoop.fs.RawLocalFileSystem()
            self._files.initialize(self._jvm.java.net.URI("file:///"), configuration)

    def list(self, below: str = "") -> list[str]:
        folder = self._path(below) if below else self._root
        if not _as_os_error(self._files.exists, folder):
            return []
        found = _as_os_error(self._files.listStatus, folder)
        return sorted(status.getPath().getName() for status in found if status.isFile())

    def exists(self, name: str) -> bool:
        return bool(_as_os_error(self._files.exists, self._path(name)))

    def written_at(self, name: str) -> int | None:
        status = self._status(name)
        return None if status is None else int(status.getModificationTime())

    def bytes_of(self, name: str) -> int:
        status = self._status(name)
        return 0 if status is None else int(status.getLen())

    def make(self) -> None:
        if not _as_os_error(self._files.mkdirs, self._root):
            raise OSError(f"{self.uri} could not be made")

    def read(self, name: str) -> bytes:
        stream = _as_os_error(self._files.open, self._path(name))
        try:
            return bytes(_as_os_error(self._jvm.org.apache.commons.io.IOUtils.toByteArray, stream))
        finally:
            _as_os_error(stream.close)

    def create(self, name: str) -> "_HadoopFile":
        return _HadoopFile(_as_os_error(self._files.create, self._path(name), False))

    def fence(self, name: str) -> None:
        """HDFS keeps a dead writer's file open until its lease is taken away (Hadoop 3.3, `recoverLease`).

        Raises OSError where it is open after 60 s still.
        """
        if _as_os_error(self._files.getUri).getScheme() != "hdfs":
            return
        deadline = time.monotonic() + _CLOSE_SECONDS
        while not _as_os_error(self._files.recoverLease, self._path(name)):
            if time.monotonic() > deadline:
                raise OSError(f"{self.uri}/{name} is still open after {_CLOSE_SECONDS} s: is its former writer alive?")
            time.sleep(_POLL_SECONDS)

    def cut(self, name: str, length: int) -> None:
        self.fence(name)
        if not _as_os_error(self._files.truncate, self._path(name), length):
            self.fence(name)

    def rename(self, name: str, to: str) -> None:
        if self.exists(to):  # a raw local file system would overwrite it
            raise FileExistsError(f"{self.uri}/{to} exists: a segment's name never repeats")
        if not _as_os_error(self._files.rename, self._path(name), self._path(to)):
            raise OSError(f"{self.uri}/{name} could not be renamed to {to}")

    def delete(self, name: str) -> None:
        _as_os_error(self._files.delete, self._path(name), False)

    def refusal(self, to_write: bool) -> str | None:
        there, actions = self._nearest(), self._jvm.org.apache.hadoop.fs.permission.FsAction
        if not _as_os_error(self._files.getFileStatus, there).isDirectory():
            return f"{there} is no folder"
        try:
            self._files.access(there, actions.WRITE_EXECUTE if to_write else actions.READ_EXECUTE)
        except Py4JJavaError as error:
            return f"{there} does not let this user {'write' if to_write else 'read'}: {error.java_exception}"
        return None

    def free_bytes(self) -> int:
        return int(_as_os_error(self._files.getStatus, self._nearest()).getRemaining())

    def _nearest(self) -> Any:  # noqa: ANN401 - a Java object
        """The folder, or the first above it that there is."""
        there = self._files.makeQualified(self._root)
        while not _as_os_error(self._files.exists, there) and there.getParent() is not None:
            there = there.getParent()
        return there

    def _status(self, name: str) -> Any:  # noqa: ANN401 - a Java object, None where there is no such file
        path = self._jvm.org.apache.hadoop.fs.Path(f"{self._root.toString()}/{name}")  # a name may hold a colon
        return _as_os_error(self._files.getFileStatus, path) if _as_os_error(self._files.exists, path) else None

    def _path(self, name: str) -> Any:  # noqa: ANN401 - a Java object
        return self._jvm.org.apache.hadoop.fs.Path(self._root, name)


class _HadoopFile:
    def __init__(self, stream: Any) -> None:  # noqa: ANN401
        self._stream = stream
        self.is_broken = False

    def write(self, block: bytes) -> int:
        self._do(self._stream.write, block)
        self._do(self._stream.hflush)
        return len(block)

    def sync(self) -> None:
        self._do(self._stream.hsync)

    def close(self) -> None:
        self._do(self._stream.close)

    def _do(self, call: Any, *arguments: Any) -> None:  # noqa: ANN401
        try:
            _as_os_error(call, *arguments)
        except OSError:
            self.is_broken = True  # HDFS writes to a stream no more once it has failed
            raise


def _as_os_error(call: Any, *arguments: Any) -> Any:  # noqa: ANN401
    try:
        return call(*arguments)
    except Py4JJavaError as error:
        raise OSError(str(error.java_exception)) from error
