"""What of a batch's files is not read, and why: damaged ones, and lines that nobody has the memory for."""

import logging
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from processors.damaged_files import damaged
from processors.file_formats import LONGEST_LINE, Files, name_below
from spool.files import Folder

log = logging.getLogger(__name__)

_COMPRESSED = (".gz", ".bz2")  # how long what is in them is, nobody knows before it is read


class Unread:
    """Of one job; paths are URIs as Spark has them. Each thing is told in the log when it is found."""

    def __init__(self, spark: SparkSession, kind: str, files: Files, folder: Folder) -> None:
        """kind: of `FORMATS`. files: all of them, below that folder."""
        self._spark = spark
        self._kind = kind
        self._all = files
        self._folder = folder
        self._damaged: dict[str, str] = {}
        self._unread_bytes: dict[str, int] = {}

    @property
    def others(self) -> Files:
        """The files without the damaged ones."""
        return replace(self._all, without=tuple(sorted(self._damaged)))

    def look_for_long_lines(self, paths: Iterable[str]) -> None:
        """Find the lines that the reader passes over without a word, or a piece of them: longer than `LONGEST_LINE`.

        Files that are larger are read once more for it. Raises OSError, and what Spark raises where it cannot read one.
        """
        if self._kind != "lines":
            return
        for path in sorted(set(paths) - self._damaged.keys()):
            name = name_below(self._all.folder, path)
            size = self._folder.bytes_of(unquote(name))
            if size <= LONGEST_LINE or name.endswith(_COMPRESSED):
                continue
            if unread := self._bytes_in_long_lines(path, size):
                self._unread_bytes[path] = unread
                log.error(
                    "lines passed over, each is longer than 16 MB: divide them, and put them there in a file of "
                    "another name file=%s bytes=%s",
                    name,
                    unread,
                )

    def look_for_damaged(self, paths: Iterable[str]) -> None:
        """What cannot be read to its end is not read at all: nothing of it is stored twice when a whole one comes."""
        others = sorted(set(paths) - self._damaged.keys())
        for path, why in damaged(self._spark, self._kind, self.others, others).items():
            self._damaged[path] = why
            log.error(
                "file passed over, it cannot be read to its end: put a whole one there, under another name "
                "file=%s why=%r",
                name_below(self._all.folder, path),
                why,
            )

    def of(self, path: str) -> Mapping[str, Any]:
        """For the ledger: passed_over str, why the file was not read; unread_bytes int, of its long lines.

        Empty where all of it is read.
        """
        found: dict[str, Any] = {}
        if path in self._damaged:
            found["passed_over"] = self._damaged[path]
        if path in self._unread_bytes:
            found["unread_bytes"] = self._unread_bytes[path]
        return found

    def _bytes_in_long_lines(self, path: str, size: int) -> int:
        lines = replace(self._all, only=path).load(self._spark, "text")
        (row,) = lines.agg(F.sum(F.octet_length("value") + 1).alias("read")).collect()
        unread = size - int(row["read"] or 0)
        return unread if unread > len(BOM_UTF8) else 0
