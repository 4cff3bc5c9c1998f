"""The case count of a job: its provider, the cache behind it, and the rules between them."""

from typing import Any

from pymongo.database import Database

from cache.last_good import LastGood
from clock import Clock
from scraper import PROVIDERS
from scraper.counter import CaseCounter
from settings import Settings


def case_counter(settings: Settings, database: Database[dict[str, Any]], clock: Clock) -> CaseCounter:
    """The counter that these settings describe."""
    kind = PROVIDERS[settings.count_provider]
    url = settings.count_url or kind.default_url
    max_age = settings.count_max_age_seconds
    return CaseCounter(
        kind(url, timeout_seconds=settings.count_timeout_seconds, clock=clock),
        LastGood(database),
        # A trigger that comes a little early must not find the last number still young.
        max_age_seconds=settings.trigger_seconds * 0.9 if max_age is None else max_age,
        wait_seconds=settings.count_wait_seconds,
        stale_after_days=settings.count_stale_after_days,
        clock=clock,
    )
