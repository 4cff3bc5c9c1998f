"""A number out of a file of one's own, for whoever has it from elsewhere."""

import json
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote

from case_count import Reading
from clock import Clock
from errors import CountUnavailable, CountUnparsed
from moments import FORM, moment
from scraper.base import CountProvider, Terms
from scraper.numbers import whole_number

MAX_FILE_BYTES = 100_000


@dataclass(frozen=True)
class _Former:
    state: tuple[int, int, int]
    reading: Reading


class CountFile(CountProvider):
    """A file in UTF-8 that holds a number alone, like 704,753,890, or an object of JSON:

        {"total_case_count": 704753890, "as_of": "2024-04-13T01:00Z"}

    `as_of` may be missing, null, or a date alone. The file is read again when it has changed: another size, another
    time, or another file in its place, which is how to replace it whole: write one beside it, then rename that.
    """

    name: ClassVar[str] = "file"
    terms: ClassVar[Terms] = Terms("those by which you have the number", "docs/case-count.md#file")
    requires: ClassVar[Sequence[str]] = ("count_url",)
    schemes: ClassVar[Sequence[str]] = ("", "file")
    least: ClassVar[int] = 0
    most: ClassVar[int] = 10**15

    def __init__(self, url: str, *, timeout_seconds: float, clock: Clock) -> None:
        super().__init__(url, timeout_seconds=timeout_seconds, clock=clock)
        self._path = _path(url)
        self._former: _Former | None = None

    @property
    def key(self) -> str:
        """See `CountProvider.key`: another file holds another number."""
        return self.key_of(str(self._path.absolute()))

    def fetch(self) -> Reading:
        """As promised by CountProvider, but for the file system's own time, which nothing bounds."""
        try:
            state, body = self._changed()
        except OSError as error:
            raise CountUnavailable(f"{self.url} cannot be read: {error.strerror or error}") from error
        if body is None and self._former is not None:
            reading = replace(self._former.reading, fetched_at=self._clock.now())
        else:
            reading = self._read(body or b"")
        self._former = _Former(state, reading)
        return reading

    def _changed(self) -> tuple[tuple[int, int, int], bytes | None]:
        """The file's state, and what it holds; None where the state is the former one. Raises OSError."""
        found = self._path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise CountUnavailable(f"{self.url} is no file")
        if found.st_size > MAX_FILE_BYTES:
            raise CountUnavailable(f"{self.url} has {found.st_size} bytes, more than the {MAX_FILE_BYTES} allowed")
        state = (found.st_ino, found.st_size, found.st_mtime_ns)
        if self._former is not None and self._former.state == state:
            return state, None
        with self._path.open("rb") as file:
            return state, file.read(MAX_FILE_BYTES)

    def _read(self, body: bytes) -> Reading:
        try:
            value, as_of = _contents(body.decode("utf-8-sig").strip())
            return Reading(self.in_range(value, str(value)), as_of, self._clock.now())
        except UnicodeDecodeError as problem:
            raise CountUnparsed(f"{self.url} is no UTF-8") from problem
        except CountUnparsed as problem:
            raise CountUnparsed(f"{self.url} {problem}") from problem


def _path(url: str) -> Path:
    """Of a path, or of a `file:` URI as https://www.rfc-editor.org/rfc/rfc8089 has it."""
    if not url.lower().startswith("file:"):
        return Path(url)
    path = url[len("file:") :]
    return Path(unquote("/" + path.split("/", 3)[3] if path.startswith("//") and path.count("/") > 2 else path))


def _contents(text: str) -> tuple[int, datetime | None]:
    if not text.startswith("{"):
        return whole_number(text), None
    try:
        found: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CountUnparsed(f"is no JSON: {error}") from error
    value, as_of = found.get("total_case_count"), found.get("as_of")
    if type(value) is not int:
        raise CountUnparsed(f"has {str(value)[:40]!r} as its total_case_count, not a whole number")
    if as_of is None:
        return value, None
    try:
        return value, moment(str(as_of))
    except ValueError as error:
        raise CountUnparsed(f"has {str(as_of)[:40]!r} as its as_of, not {FORM}") from error
