"""`spool.files.Folder` through Hadoop's FileSystem API, in the driver's JVM: hdfs: and whatever else Spark knows.

https://hadoop.apache.org/docs/r3.3.4/hadoop-project-dist/hadoop-common/filesystem/filesystem.html
"""

import time
from typing import Any, cast

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

_CLOSE_SECONDS = 60
_POLL_SECONDS = 0.5


class HadoopFolder:
    """A folder of a Hadoop file system.

    A block whose write failed is not written again to the same file: the error ends the receiver, and its next start
    cuts the file at its last whole line.
    """

    def __init__(self, uri: str, spark: SparkSession) -> None:
        self.uri = uri
        self._jvm = cast(Any, spark.sparkContext._jvm)
        self._root = self._jvm.org.apache.hadoop.fs.Path(uri)
        files = self._root.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
        # Over file: Hadoop puts a checksum layer that does not sync.
        is_local = files.getClass().getSimpleName() == "LocalFileSystem"
        self._files = files.getRawFileSystem() if is_local else files

    def list(self, below: str = "") -> list[str]:
        folder = self._path(below) if below else self._root
        if not self._files.exists(folder):
            return []
        return sorted(status.getPath().getName() for status in self._files.listStatus(folder) if status.isFile())

    def exists(self, name: str) -> bool:
        return bool(self._files.exists(self._path(name)))

    def make(self) -> None:
        self._files.mkdirs(self._root)

    def read(self, name: str) -> bytes:
        stream = _as_os_error(self._files.open, self._path(name))
        try:
            return bytes(self._jvm.org.apache.commons.io.IOUtils.toByteArray(stream))
        finally:
            stream.close()

    def create(self, name: str) -> "_HadoopFile":
        return _HadoopFile(_as_os_error(self._files.create, self._path(name), False))

    def cut(self, name: str, length: int) -> None:
        self._wait_until_closed(self._path(name))
        if not self._files.truncate(self._path(name), length):
            self._wait_until_closed(self._path(name))

    def rename(self, name: str, to: str) -> None:
        if self.exists(to):  # a raw local file system would overwrite it
            raise FileExistsError(f"{self.uri}/{to} exists: a segment's name never repeats")
        if not _as_os_error(self._files.rename, self._path(name), self._path(to)):
            raise OSError(f"{self.uri}/{name} could not be renamed to {to}")

    def delete(self, name: str) -> None:
        _as_os_error(self._files.delete, self._path(name), False)

    def _path(self, name: str) -> Any:  # noqa: ANN401 - a Java object
        return self._jvm.org.apache.hadoop.fs.Path(self._root, name)

    def _wait_until_closed(self, path: Any) -> None:  # noqa: ANN401
        """HDFS keeps a dead writer's file open until its lease is taken away."""
        if self._files.getScheme() != "hdfs":
            return
        deadline = time.monotonic() + _CLOSE_SECONDS
        while not self._files.recoverLease(path):
            if time.monotonic() > deadline:
                raise OSError(f"{path.toString()} is still open after {_CLOSE_SECONDS} s: is its former writer alive?")
            time.sleep(_POLL_SECONDS)


class _HadoopFile:
    def __init__(self, stream: Any) -> None:  # noqa: ANN401
        self._stream = stream

    def write(self, block: bytes) -> int:
        _as_os_error(self._stream.write, block)
        _as_os_error(self._stream.hflush)
        return len(block)

    def sync(self) -> None:
        _as_os_error(self._stream.hsync)

    def close(self) -> None:
        _as_os_error(self._stream.close)


def _as_os_error(call: Any, *arguments: Any) -> Any:  # noqa: ANN401
    try:
        return call(*arguments)
    except Py4JJavaError as error:
        raise OSError(str(error.java_exception)) from error
