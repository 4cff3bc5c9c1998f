"""A number on a page of one's own choice, found by a CSS selector: of cases elsewhere, or of another event."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import ClassVar, Self

import soupsieve
from bs4 import BeautifulSoup, Tag

from case_count import Reading
from clock import Clock
from errors import CountUnparsed
from moments import moment
from scraper.base import Terms
from scraper.html import text_of, tree
from scraper.numbers import whole_number
from scraper.page import Page
from scraper.web import WebProvider
from settings import Settings

_MOST_FOUND = 10


class SelectedNumber(WebProvider):
    """The whole number that is the text of the element of COUNT_SELECTOR at COUNT_URL.

    Where the selector finds several elements, all must show the same number. `as_of` is what the page itself says: the
    `datetime` of a `<time>` in the element, else of the only `<time datetime>` of the page, else `Last-Modified`; null
    where it says nothing.
    """

    name: ClassVar[str] = "page"
    terms: ClassVar[Terms] = Terms("those of the page", "docs/case-count.md#page")
    requires: ClassVar[Sequence[str]] = ("count_url", "count_selector")
    least: ClassVar[int] = 0
    most: ClassVar[int] = 10**15

    def __init__(self, url: str, selector: str, *, timeout_seconds: float, clock: Clock) -> None:
        super().__init__(url, timeout_seconds=timeout_seconds, clock=clock)
        self._selector = selector

    @classmethod
    def from_settings(cls, settings: Settings, clock: Clock) -> Self:
        """See `CountProvider.from_settings`."""
        asked = settings.count_timeout_seconds
        seconds = cls.timeout_seconds if asked is None else asked
        return cls(settings.count_url or "", settings.count_selector or "", timeout_seconds=seconds, clock=clock)

    @property
    def key(self) -> str:
        """See `CountProvider.key`: another page, or another place on it, has another number."""
        return self.key_of(f"{self.url}\n{self._selector}")

    def read(self, page: Page) -> Reading:
        """See `WebProvider.read`."""
        document = tree(page.body())
        # Its syntax was checked with the settings.
        found = soupsieve.compile(self._selector).select(document, limit=_MOST_FOUND)
        numbers = {text_of(element) for element in found}
        if not numbers:
            title = text_of(document.title)[:100]
            raise CountUnparsed(f"has no element {self._selector[:200]!r}; its title is {title!r}")
        if len(numbers) > 1:
            raise CountUnparsed(f"shows more than one number at {self._selector[:200]!r}: {sorted(numbers)!r:.200}")
        published = numbers.pop()
        value = self.in_range(whole_number(published), published)
        return Reading(value, _as_of(found, document, page), self._clock.now())


def _as_of(found: Sequence[Tag], document: BeautifulSoup, page: Page) -> datetime | None:
    inside = [time for element in found for time in element.select("time[datetime]", limit=_MOST_FOUND)]
    everywhere = document.select("time[datetime]", limit=2)
    for written in _written(inside or (everywhere if len(everywhere) == 1 else [])):
        try:
            return moment(written)
        except ValueError:
            continue  # a time that cannot be placed says nothing
    return _modified(page.version.last_modified)


def _written(times: Sequence[Tag]) -> Iterator[str]:
    return (str(time["datetime"]) for time in times)


def _modified(header: str | None) -> datetime | None:
    try:
        return moment(parsedate_to_datetime(header).isoformat()) if header else None
    except ValueError:
        return None
