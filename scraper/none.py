"""No case count, for who wants none."""

from collections.abc import Sequence
from typing import ClassVar

from case_count import Reading, Status
from errors import CountAbsent
from scraper.base import CountProvider, Terms


class NoCount(CountProvider):
    """Every batch has -1, with a status that says why: none is wanted."""

    name: ClassVar[str] = "none"
    terms: ClassVar[Terms] = Terms("none are needed", "docs/case-count.md#none")
    schemes: ClassVar[Sequence[str]] = ()
    without: ClassVar[Status] = "none"

    def fetch(self) -> Reading:
        """As promised by CountProvider: always CountAbsent."""
        raise CountAbsent("the provider is none: no count is wanted")
