"""What a provider of the case count is, and the memory of its last good number."""

from abc import ABC, abstractmethod
from typing import ClassVar, Protocol

from case_count import Reading
from clock import Clock


class CountProvider(ABC):
    """One publisher of the number of coronavirus cases: people, world-wide, cumulative.

    A subclass names itself (`name`: its key in `PROVIDERS` and in stored documents), gives the address of its
    page and reads it. It keeps no state between two calls and never falls back to another publisher: which number
    a document carries must be plain from its provider.
    """

    name: ClassVar[str]
    default_url: ClassVar[str]

    def __init__(self, url: str, *, timeout_seconds: float, clock: Clock) -> None:
        """url: the page to read, `default_url` or a copy of it. timeout_seconds: for the whole of one fetch."""
        self.url = url
        self._timeout_seconds = timeout_seconds
        self._clock = clock

    @abstractmethod
    def fetch(self) -> Reading:
        """Read the page once and return its number; blocks for about `timeout_seconds` at most, retries nothing.

        Raises CountUnavailable where the page could not be read, CountUnparsed where it was read and holds no
        number that can be trusted. Any other exception is a bug. Called on one background thread at a time.
        """


class ReadingCache(Protocol):
    """The last good number of each provider. Neither method raises because of a store behind it, or blocks for long."""

    def get(self, provider: str) -> Reading | None:
        """The newest reading put for this provider, None where there never was one."""

    def put(self, provider: str, reading: Reading) -> None:
        """Keep this reading as the newest one."""
