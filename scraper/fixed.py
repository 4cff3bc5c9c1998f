"""A number that somebody has set."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self

from case_count import Reading
from clock import Clock
from errors import CountAbsent
from scraper.base import CountProvider, Terms
from settings import Settings


class Fixed(CountProvider):
    """The number of the setting COUNT_VALUE, with the time of COUNT_AS_OF where that is given; nothing is fetched."""

    name: ClassVar[str] = "fixed"
    terms: ClassVar[Terms] = Terms("those by which you have the number", "docs/case-count.md#fixed")
    requires: ClassVar[Sequence[str]] = ("count_value",)
    takes: ClassVar[Sequence[str]] = ("count_as_of",)
    schemes: ClassVar[Sequence[str]] = ()
    least: ClassVar[int] = 0
    most: ClassVar[int] = 10**15

    def __init__(self, value: int | None, as_of: datetime | None, clock: Clock) -> None:
        super().__init__("CASESTREAM_COUNT_VALUE", timeout_seconds=self.timeout_seconds, clock=clock)
        self._value, self._as_of = value, as_of

    @classmethod
    def from_settings(cls, settings: Settings, clock: Clock) -> Self:
        """See `CountProvider.from_settings`."""
        return cls(settings.count_value, settings.count_as_of, clock)

    def fetch(self) -> Reading:
        """As promised by CountProvider."""
        if self._value is None:
            raise CountAbsent(f"{self.url} is not set")
        return Reading(self.in_range(self._value, str(self._value)), self._as_of, self._clock.now())
