"""What a provider of the case count makes of a page, or says of one that it can make nothing of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from case_count import Reading
from clock import Clock
from errors import CountUnavailable, CountUnparsed
from scraper.base import CountProvider
from tests.contract.count_cases import Case
from tests.contract.in_time import in_time
from tests.contract.promises import broken, kept

AMPLE_SECONDS = 60.0
BASE = "scraper/base.py, CountProvider.fetch"


@dataclass
class Asked:
    """A provider that is asked for its number at an address. within: the seconds that a fetch may take at the most."""

    provider: CountProvider
    url: str
    within: float

    @classmethod
    def at(cls, case: Case, url: str, clock: Clock, within: float, seconds: float = AMPLE_SECONDS) -> "Asked":
        """seconds: what the provider is told, COUNT_TIMEOUT_SECONDS."""
        given: dict[str, Any] = {"count_timeout_seconds": seconds}
        return cls(case.provider(url, clock, **given), url, within)

    def number(self) -> Reading:
        """A reading; the promise is broken where none comes."""
        try:
            return self._fetched()
        except (CountUnavailable, CountUnparsed) as error:
            broken("a page with the number in it is read", repr(error), BASE)

    def refused(self, error: type[CountUnavailable | CountUnparsed], page: str, says: str = "") -> str:
        """What it says of such a page; says: what is to be in it besides the address."""
        told = self._refusal(error, page)
        kept(self.url in told, f"the message names the address: {self.url}", told, BASE)
        kept(says in told, f"of {page} the message says {says!r}", told, BASE)
        return told

    def _refusal(self, error: type[CountUnavailable | CountUnparsed], page: str) -> str:
        came: object
        try:
            came = self._fetched()
        except error as refusal:
            return str(refusal)
        except (CountUnavailable, CountUnparsed) as other:
            came = other
        return broken(f"{page}: {error.__name__} is raised, and no number is given", repr(came), BASE)

    def _fetched(self) -> Reading:
        work: Callable[[], Reading] = self.provider.fetch
        try:
            return in_time(work, self.within)
        except TimeoutError as error:
            broken(
                "fetch() ends, whatever the publisher does: about `timeout_seconds` after it began",
                str(error),
                f"{BASE}; scraper/web.py, WebProvider, keeps to its time",
            )
        except (CountUnavailable, CountUnparsed):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a plug-in raises
            broken("fetch() raises CountUnavailable, CountUnparsed or CountAbsent, and nothing else", repr(error), BASE)
