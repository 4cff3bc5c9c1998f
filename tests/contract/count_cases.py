"""What each provider of the case count is tried with: a body as its publisher sends it, and what is in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clock import Clock
from scraper.base import CountProvider
from scraper.owid import Owid
from scraper.selected import SelectedNumber
from scraper.who import Who
from scraper.worldometers import Worldometers
from settings import Settings
from tests.contract.overheard import SECRET
from tests.servers.count_page import REAL_NUMBER, count_html

_MADE_UP: Mapping[str, Any] = {"source_token": SECRET, "count_selector": "p", "count_value": 5}
EXCERPTS = Path(__file__).with_name("counts")
OWN_PAGE = (
    b'<html><title>Events</title><body><p>12 of 99</p><div class="total"><b>1,234</b> events</div>'
    b'<p>As of <time datetime="2026-01-01T10:00:00+02:00">New Year</time></p></body></html>'
)


@dataclass(frozen=True)
class Case:
    """A provider that reads the web, a body of its publisher's, what a fetch makes of it, settings that it needs."""

    kind: type[CountProvider]
    body: bytes
    value: int
    as_of: datetime | None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def provider(self, url: str, clock: Clock, **more: Any) -> CountProvider:  # noqa: ANN401 - settings of any type
        """The provider as a job makes it."""
        given = {"jobname": "a", "source": "socket", "count_url": url, **self.settings, **more}
        return self.kind.from_settings(Settings.model_validate(given), clock)


CASES: dict[str, Case] = {
    "worldometers": Case(
        Worldometers,
        count_html(f"{REAL_NUMBER:,}").encode(),
        REAL_NUMBER,
        datetime(2024, 4, 13, 1, tzinfo=UTC),
    ),
    "who": Case(Who, (EXCERPTS / "who.csv").read_bytes(), 336_089, datetime(2024, 5, 26, tzinfo=UTC)),
    "owid": Case(Owid, (EXCERPTS / "owid.csv").read_bytes(), 159_690_774, datetime(2021, 5, 11, tzinfo=UTC)),
    "page": Case(
        SelectedNumber,
        OWN_PAGE,
        1_234,
        datetime(2026, 1, 1, 8, tzinfo=UTC),
        {"count_selector": ".total > b"},
    ),
}


def case_of(kind: type[CountProvider]) -> Case:
    """One of ours, or of somebody else's, by the example that it gives of itself. Raises LookupError."""
    for case in CASES.values():
        if case.kind is kind:
            return case
    if kind.example is None:
        raise LookupError(
            f"{kind.__qualname__} has no `example` to be tried with: checks that need it were skipped.\n"
            f"Write in {kind.__qualname__}, with what its publisher sends, the number in it, and its time or None:\n\n"
            "    example: ClassVar[Example] = Example(b'{\"cases\": 5}', 5, None)\n\n"
            "See scraper/base.py, Example, and docs/case-count.md."
        )
    needed = {name: _MADE_UP[name] for name in kind.requires if name in _MADE_UP}
    return Case(kind, kind.example.body, kind.example.value, kind.example.as_of, needed)
