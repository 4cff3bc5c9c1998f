"""The case count of the World Health Organization.

Source: the table behind https://data.who.int/dashboards/covid19/data, "Daily frequency of reported COVID-19 cases and
deaths", by week: https://srhdpeuwpubsa.blob.core.windows.net/whdh/COVID/WHO-COVID-19-global-data.csv. 4 MB in 2026,
84,000 rows; WHO-COVID-19-global-daily-data.csv beside it has the same columns by day, and seven times the size. Where
it stood until 2023, covid19.who.int, is a page now. A row is a country's week:

    Date_reported,Country_code,Country,WHO_region,New_cases,Cumulative_cases,New_deaths,Cumulative_deaths
    2024-05-26,BQ,"Bonaire, Saint Eustatius and Saba",AMRO,,11922,,41

There is none for the world. Rows are in no order that could be relied on, the file has at times begun with a byte order
mark, `NA` is Namibia, and `New_cases` is empty where a country reported none.
"""

from datetime import datetime
from typing import ClassVar

from case_count import Reading
from errors import CountUnparsed
from moments import moment
from scraper.base import Terms
from scraper.numbers import cell_number
from scraper.page import Page
from scraper.table import one_of, rows
from scraper.web import WebProvider

_MOST_COUNTRIES = 1_000
_DATE, _COUNTRY, _CASES = "Date_reported", "Country_code", "Cumulative_cases"


class Who(WebProvider):
    """The sum over all countries and areas of each one's newest cumulative number; `as_of`: the newest of their days.

    A country that stopped reporting stays in the sum with its last number, as it does in WHO's own total. A row that
    is repeated counts once.
    """

    name: ClassVar[str] = "who"
    default_url: ClassVar[str] = "https://srhdpeuwpubsa.blob.core.windows.net/whdh/COVID/WHO-COVID-19-global-data.csv"
    terms: ClassVar[Terms] = Terms(
        "CC BY 4.0", "https://data.who.int/dashboards/covid19/data", "World Health Organization, COVID-19 dashboard"
    )
    accept: ClassVar[str] = "text/csv, application/octet-stream"
    max_bytes: ClassVar[int] = 100_000_000
    timeout_seconds: ClassVar[float] = 60.0
    min_age_seconds: ClassVar[float] = 3_600.0

    def read(self, page: Page) -> Reading:
        """See `WebProvider.read`."""
        newest: dict[str, tuple[str, int]] = {}
        wanted = (_DATE, _COUNTRY, _CASES)
        for day, country, cell in rows(page, lambda header: [one_of(header, [name], name) for name in wanted]):
            cases = cell_number(cell)
            if cases is not None and (country not in newest or newest[country] <= (day, cases)):
                newest[country] = (day, cases)
                if len(newest) > _MOST_COUNTRIES:
                    raise CountUnparsed(f"has more than {_MOST_COUNTRIES:,} countries")
        if not newest:
            raise CountUnparsed("has no row with a number")
        total = sum(cases for _, cases in newest.values())
        as_of = _day(max(day for day, _ in newest.values()))
        return Reading(self.in_range(total, str(total)), as_of, self._clock.now())


def _day(written: str) -> datetime:
    try:
        return moment(written)
    except ValueError as error:
        raise CountUnparsed(f"has {written[:40]!r} in {_DATE}, no day like 2024-05-26") from error
