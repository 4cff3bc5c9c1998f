"""The counter that a job's settings describe."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from errors import FixSettings
from runtime.counting import case_counter, count_provider
from scraper import PROVIDERS
from scraper.base import CountProvider
from scraper.web import WebProvider
from settings import Settings
from tests.contract.count_cases import case_of
from tests.servers.publisher import Publisher
from tests.told_clock import ToldClock

PAGE = Path(__file__).parents[2] / "docs" / "case-count.md"


@pytest.fixture
def nowhere() -> Iterator[Database[dict[str, Any]]]:
    """A database that nobody asks for anything."""
    client: MongoClient[dict[str, Any]] = MongoClient("127.0.0.1", 1, connect=False)
    with client:
        yield client["casestream"]


def settings(**given: Any) -> Settings:  # noqa: ANN401 - settings of any type
    return Settings.model_validate({"jobname": "a", "source": "socket", **given})


def test_the_log_says_whose_number_it_is_and_by_which_terms_without_what_may_be_secret(
    nowhere: Database[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    case_counter(settings(), nowhere, ToldClock())
    url = "https://me:hunter2@example.org/who.csv?token=hunter2"
    case_counter(settings(count_provider="who", count_url=url), nowhere, ToldClock())
    case_counter(settings(count_provider="none"), nowhere, ToldClock())
    assert [line.getMessage() for line in caplog.records] == [
        "case count provider=worldometers from=https://www.worldometers.info/coronavirus/ "
        "terms='all rights reserved, licences are sold' see=https://www.worldometers.info/licensing/ "
        "attribution='Worldometers.info'",
        "case count provider=who from=https://***@example.org/who.csv terms='CC BY 4.0' "
        "see=https://data.who.int/dashboards/covid19/data attribution='World Health Organization, COVID-19 dashboard'",
        "case count provider=none from=None terms='none are needed' see=docs/case-count.md#none attribution=''",
    ]


def test_a_provider_that_there_is_not_is_a_mistake_of_the_settings(nowhere: Database[dict[str, Any]]) -> None:
    with pytest.raises(FixSettings, match="it must be one of worldometers, who, "):
        case_counter(settings(count_provider="nobody"), nowhere, ToldClock())


def test_the_time_of_a_fetch_is_the_provider_s_own_unless_it_is_set() -> None:
    seconds = [
        count_provider(settings(**given), ToldClock())._timeout_seconds
        for given in ({}, {"count_provider": "who"}, {"count_provider": "who", "count_timeout_seconds": 7})
    ]
    assert seconds == [5, 60, 7]


def test_the_provider_of_one_s_own_in_the_documentation_works() -> None:
    (example,) = re.findall(r"```python\n(import json\n.*?)```", PAGE.read_text(), re.DOTALL)
    defined: dict[str, Any] = {}
    exec(example, defined)
    kind = cast("type[CountProvider]", defined["Ministry"])
    assert issubclass(kind, WebProvider)
    case = case_of(kind)
    with Publisher(case.body, "application/json") as publisher:
        publisher.etag = '"v1"'
        provider = case.provider(publisher.url, ToldClock())
        assert [provider.fetch().value, provider.fetch().value] == [case.value] * 2
        assert publisher.statuses == [200, 304]


def test_every_provider_has_its_part_of_the_page_and_its_terms_and_bounds_are_there() -> None:
    text = PAGE.read_text()
    for name, kind in PROVIDERS.items():
        assert f"## {name}\n" in text
        assert kind.terms.url in text or kind.terms.url.startswith("docs/case-count.md#")
        assert not kind.terms.attribution or kind.terms.attribution in text.replace("\n", " ") or name == "worldometers"
        if issubclass(kind, WebProvider):
            part = text.split(f"## {name}\n")[1].split("\n## ")[0]
            bounds = f"{kind.max_bytes // 1_000_000} MB and {kind.timeout_seconds:g} s at most"
            assert bounds in part, name
