"""The case count of Worldometers.

Source: https://www.worldometers.info/coronavirus/, not updated since 13 April 2024 (704,753,890 cases). The page
has three elements of the one id `maincounter-wrap`, for cases, deaths and recovered, told apart by their heading:

    <div id="maincounter-wrap"><h1>Coronavirus Cases:</h1><div class="maincounter-number"><span>704,753,890 </span>…

and, at times, a title like "Coronavirus Update (Live): 4,143,615 Cases and 283,877 Deaths from …".
"""

import re
from datetime import UTC, datetime
from typing import ClassVar

from bs4 import BeautifulSoup, Tag

from case_count import Reading
from errors import CountUnparsed
from scraper.base import MOST_CASES, Terms
from scraper.html import text_of, tree
from scraper.page import Page
from scraper.web import WebProvider

_WRAP = "#maincounter-wrap"
_NUMBER = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]*")
_TITLE = re.compile(r"(\S+) Cases and \S+ Deaths\b")
_LAST_UPDATED = re.compile(r"Last updated: ([A-Za-z]+ [0-9]{1,2}, [0-9]{4}, [0-9]{1,2}:[0-9]{2}) GMT\b")


class Worldometers(WebProvider):
    """The number under "Coronavirus Cases:"; where the page has no such counter, the one in its title.

    No other number of the page is ever taken. `as_of` is the page's "Last updated" time, to the minute.
    """

    name: ClassVar[str] = "worldometers"
    default_url: ClassVar[str] = "https://www.worldometers.info/coronavirus/"
    terms: ClassVar[Terms] = Terms(
        "all rights reserved, licences are sold", "https://www.worldometers.info/licensing/", "Worldometers.info"
    )

    def read(self, page: Page) -> Reading:
        """See `WebProvider.read`."""
        return parse(page.body(), fetched_at=self._clock.now())


def parse(body: bytes, *, fetched_at: datetime) -> Reading:
    """Find the case count in a page as it was sent. Raises CountUnparsed, saying what was found instead."""
    page = tree(body)
    return Reading(value=_number(_published(page)), as_of=_as_of(page), fetched_at=fetched_at)


def _published(page: BeautifulSoup) -> str:
    # Three are real; the limits here keep a page of thousands, or one endless title, from costing minutes.
    counters = {
        text_of(wrap.select_one(".maincounter-number")) for wrap in page.select(_WRAP, limit=10) if _is_cases(wrap)
    }
    if len(counters) > 1:
        raise CountUnparsed(f"shows more than one number of cases: {sorted(counters)!r:.200}")
    if counters:
        return counters.pop()
    title = text_of(page.title)[:300]
    in_title = _TITLE.search(title)
    if in_title is None:
        raise CountUnparsed(f'has no counter "Coronavirus Cases:"; its title is {title[:100]!r}')
    return in_title[1]


def _is_cases(wrap: Tag) -> bool:
    return text_of(wrap.select_one("h1")).lower().rstrip(" :") == "coronavirus cases"


def _number(published: str) -> int:
    # The length is looked at first: int() refuses thousands of digits with an error of its own.
    number = int(published.replace(",", "")) if len(published) < 30 and _NUMBER.fullmatch(published) else 0
    if not 0 < number <= MOST_CASES:
        raise CountUnparsed(f"gives {published[:100]!r} as the number of cases, not a number from 1 to {MOST_CASES:,}")
    return number


def _as_of(page: BeautifulSoup) -> datetime | None:
    published = _LAST_UPDATED.search(" ".join(page.get_text(" ").split()))
    if published is None:
        return None
    try:
        return datetime.strptime(published[1], "%B %d, %Y, %H:%M").replace(tzinfo=UTC)
    except ValueError:
        return None
