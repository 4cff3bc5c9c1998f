"""Providers of the case count that break one promise each."""

import json
import threading
from typing import ClassVar, Self

from case_count import Reading
from clock import Clock
from errors import CountUnavailable, CountUnparsed
from scraper.base import Example, Terms
from scraper.page import Page
from scraper.web import WebProvider
from settings import Settings


class Whole(WebProvider):
    """Breaks none."""

    name: ClassVar[str] = "whole"
    default_url: ClassVar[str] = "https://example.org/cases.json"
    terms: ClassVar[Terms] = Terms("CC0", "https://example.org/terms")
    accept: ClassVar[str] = "application/json"
    example: ClassVar[Example | None] = Example(b'{"cases": 5}', 5, None)

    def read(self, page: Page) -> Reading:
        return self.reading(page.body())

    def reading(self, body: bytes) -> Reading:
        try:
            value = int(json.loads(body)["cases"])
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise CountUnparsed(f"has no cases: {error!r}") from error
        return Reading(self.in_range(value, str(value)), None, self._clock.now())


class Exampleless(Whole):
    example: ClassVar[Example | None] = None


class Hangs(Whole):
    has_hung: ClassVar[list[bool]] = []

    def fetch(self) -> Reading:
        try:
            return super().fetch()
        except CountUnavailable as error:
            if "took longer" in str(error) and not self.has_hung:
                self.has_hung.append(True)
                threading.Event().wait()
            raise


class Raises(Whole):
    def reading(self, body: bytes) -> Reading:
        if body == b'{"a": [null]}':
            raise KeyError("cases")
        return super().reading(body)


class TrustsAnything(Whole):
    def reading(self, body: bytes) -> Reading:
        return super().reading(b'{"cases": 1}' if body == b'{"a": [null]}' else body)


class TellsItsSecret(Whole):
    _token = ""

    @classmethod
    def from_settings(cls, settings: Settings, clock: Clock) -> Self:
        made = super().from_settings(settings, clock)
        if settings.source_token is not None:
            made._token = settings.source_token.get_secret_value()
        return made

    def reading(self, body: bytes) -> Reading:
        try:
            return super().reading(body)
        except CountUnparsed as error:
            raise CountUnparsed(f"gives no cases to {self._token}") from error
