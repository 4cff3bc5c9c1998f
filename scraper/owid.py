"""The case count of Our World in Data, who republish WHO's numbers with a row for the world.

Source: the data of one chart, of which the publisher sends the part that is asked for
(https://docs.owid.io/projects/etl/api/, "Chart API"): the world alone, some 100 kB.

    https://ourworldindata.org/grapher/cumulative-deaths-and-cases-covid-19.csv?csvType=filtered&country=~OWID_WRL

    Entity,Code,Day,total_deaths,total_cases
    World,OWID_WRL,2021-05-11,3317325,159690774

Their whole tables are understood too, with every country in them and 100 MB: `catalog.ourworldindata.org/garden/covid/
latest/cases_deaths/cases_deaths.csv` (and `compact/compact.csv`), which have the columns country, date and total_cases,
and the one that stood on GitHub until 2024, owid-covid-data.csv: iso_code, location, date, total_cases.
"""

from collections.abc import Sequence
from typing import ClassVar

from case_count import Reading
from errors import CountUnparsed
from moments import moment
from scraper.base import Terms
from scraper.numbers import cell_number
from scraper.page import Page
from scraper.table import one_of, rows
from scraper.web import WebProvider

_WORLD = ("OWID_WRL", "World")
_PLACES = ("Code", "iso_code", "country", "location", "Entity")
_DAYS = ("Day", "date", "Date")
_CASES = ("total_cases", "Cumulative confirmed cases", "Total confirmed cases of COVID-19", "Total confirmed cases")


class Owid(WebProvider):
    """The newest number of the world, by day; `as_of`: that day."""

    name: ClassVar[str] = "owid"
    default_url: ClassVar[str] = (
        "https://ourworldindata.org/grapher/cumulative-deaths-and-cases-covid-19.csv"
        "?csvType=filtered&country=~OWID_WRL&useColumnShortNames=true"
    )
    terms: ClassVar[Terms] = Terms(
        "CC BY 4.0",
        "https://ourworldindata.org/faqs",
        "World Health Organization – processed by Our World in Data",
    )
    accept: ClassVar[str] = "text/csv"
    max_bytes: ClassVar[int] = 300_000_000
    timeout_seconds: ClassVar[float] = 60.0
    min_age_seconds: ClassVar[float] = 3_600.0

    def read(self, page: Page) -> Reading:
        """See `WebProvider.read`."""
        newest: tuple[str, int] | None = None
        for place, day, cell in rows(page, _columns):
            if (
                place in _WORLD
                and (cases := cell_number(cell)) is not None
                and (newest is None or newest <= (day, cases))
            ):
                newest = (day, cases)
        if newest is None:
            raise CountUnparsed(f"has no row of {' or '.join(_WORLD)} with a number")
        day, total = newest
        try:
            as_of = moment(day)
        except ValueError as error:
            raise CountUnparsed(f"has {day[:40]!r} as a day, not one like 2024-05-26") from error
        return Reading(self.in_range(total, str(total)), as_of, self._clock.now())


def _columns(header: Sequence[str]) -> Sequence[str]:
    return (
        one_of(header, _PLACES, "the place"),
        one_of(header, _DAYS, "the day"),
        one_of(header, _CASES, "cumulative cases"),
    )
