"""A provider whose number stands at an address of the web."""

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

from case_count import Reading
from clock import Clock
from errors import CountUnparsed
from scraper.base import CountProvider
from scraper.page import MAX_PAGE_BYTES, Page, Version, open_page


@dataclass(frozen=True)
class _Former:
    version: Version
    reading: Reading


class WebProvider(CountProvider):
    """Fetches, bounded in time, size and redirects, and only what has changed; a subclass says how to read it.

    The version of the last good answer (ETag, Last-Modified) is sent along. Where the publisher says that it is the
    same still (HTTP 304), the former reading is good, and was read now.

    accept: the header of that name. max_bytes: of the decoded body.
    """

    accept: ClassVar[str] = "text/html"
    max_bytes: ClassVar[int] = MAX_PAGE_BYTES

    def __init__(self, url: str, *, timeout_seconds: float, clock: Clock) -> None:
        super().__init__(url, timeout_seconds=timeout_seconds, clock=clock)
        self._former: _Former | None = None

    @abstractmethod
    def read(self, page: Page) -> Reading:
        """The number in a page, which is to be read to its end (`Page.body`, `table.rows`).

        Raises CountUnparsed where it holds no such number; the address is put before the words. What the page itself
        raises is let through.
        """

    def fetch(self) -> Reading:
        """As promised by CountProvider."""
        former = self._former
        with open_page(
            self.url,
            timeout_seconds=self._timeout_seconds,
            max_bytes=self.max_bytes,
            accept=self.accept,
            known=former.version if former else None,
        ) as page:
            if page.is_unchanged and former is not None:
                reading = replace(former.reading, fetched_at=self._clock.now())
            else:
                reading = self._read(page)
                former = _Former(page.version, reading)
        self._former = replace(former, reading=reading)
        return reading

    def _read(self, page: Page) -> Reading:
        try:
            return self.read(page)
        except CountUnparsed as problem:
            raise CountUnparsed(f"{self.url} {problem}") from problem
