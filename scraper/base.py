"""What a provider of the case count is, and the memory of its last good number."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol, Self

from case_count import Reading, Standing, Status
from clock import Clock
from errors import CountUnparsed
from settings import Settings

MOST_CASES = 10_000_000_000
"""More than there are people: a number above it counts something else."""


@dataclass(frozen=True)
class Terms:
    """What the publisher lets others do. name: of the licence, or what is said in its place. url: where it is said.

    attribution: the words that the publisher wants beside the number; empty where none are wanted.
    """

    name: str
    url: str
    attribution: str = ""


@dataclass(frozen=True)
class Example:
    """A body as the publisher sends it, and what `Reading` a fetch must make of it; the contract's tests serve it."""

    body: bytes
    value: int
    as_of: datetime | None


class CountProvider(ABC):
    """One publisher of the number of coronavirus cases: people, world-wide, cumulative.

    A subclass names itself (`name`: its key in `PROVIDERS` and in stored documents), declares the publisher's terms,
    gives the address of its page and reads it. It never falls back to another publisher: which number a document
    carries must be plain from its provider. Of what it has read it keeps the last answer at most, so as not to fetch it
    again where the publisher says that it is the same. Most extend `scraper.web.WebProvider`, which does all but read.

    requires: settings without which it cannot work. takes: others that it heeds, of those that not every provider does
    (COUNT_SELECTOR, COUNT_VALUE, COUNT_AS_OF). schemes: what `COUNT_URL` may begin with; "" is a path. least,
    most: the numbers that it may give. min_age_seconds: a number younger than that is never fetched again, for a
    publisher that has a new one once a day. without: the status of a batch that could have no number at all. example:
    for the tests of the contract; those of this project have theirs in `tests/contract/count_cases.py`.
    """

    name: ClassVar[str]
    terms: ClassVar[Terms]
    default_url: ClassVar[str] = ""
    requires: ClassVar[Sequence[str]] = ()
    takes: ClassVar[Sequence[str]] = ()
    schemes: ClassVar[Sequence[str]] = ("http", "https")
    timeout_seconds: ClassVar[float] = 5.0
    min_age_seconds: ClassVar[float] = 0.0
    least: ClassVar[int] = 1
    most: ClassVar[int] = MOST_CASES
    without: ClassVar[Status] = "never"
    example: ClassVar[Example | None] = None

    def __init__(self, url: str, *, timeout_seconds: float, clock: Clock) -> None:
        """url: what to read, `default_url` or a copy of it. timeout_seconds: for the whole of one fetch."""
        self.url = url
        self._timeout_seconds = timeout_seconds
        self._clock = clock

    @classmethod
    def from_settings(cls, settings: Settings, clock: Clock) -> Self:
        """The provider as these settings have it. Reads nothing yet, and raises nothing whatever they are."""
        asked = settings.count_timeout_seconds
        seconds = cls.timeout_seconds if asked is None else asked
        return cls(settings.count_url or cls.default_url, timeout_seconds=seconds, clock=clock)

    @property
    def key(self) -> str:
        """Whose last good number it is: the same for all who read the same number.

        A provider of numbers of one's own puts a hash of where it reads behind its name (`key_of`).
        """
        return self.name

    def key_of(self, place: str) -> str:
        """The name, and 16 hex digits of the SHA-256 of a place, whose address may be a secret."""
        return f"{self.name}:{hashlib.sha256(place.encode()).hexdigest()[:16]}"

    @abstractmethod
    def fetch(self) -> Reading:
        """Read the page once and return its number; blocks for about `timeout_seconds` at most, retries nothing.

        Raises CountUnavailable where the page could not be read, CountUnparsed where it was read and holds no
        number that can be trusted, CountAbsent where no number is wanted. Any other exception is a bug. Called on one
        background thread at a time.
        """

    @classmethod
    def in_range(cls, value: int, published: str) -> int:
        """The value. Raises CountUnparsed where it is not from `least` to `most`.

        published: the number as it was written there, for the error.
        """
        if not cls.least <= value <= cls.most:
            raise CountUnparsed(f"gives {published[:100]!r} as the number, not one from {cls.least:,} to {cls.most:,}")
        return value


class ReadingCache(Protocol):
    """How each number stands. Neither method raises because of a store behind it, or blocks for long."""

    def get(self, key: str) -> Standing | None:
        """What was put last under this key (`CountProvider.key`), None where there never was anything."""

    def put(self, key: str, standing: Standing) -> None:
        """Keep this in its place."""
