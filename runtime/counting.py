"""The case count of a job: its provider, the cache behind it, and the rules between them."""

import logging
import re
from typing import Any

from pymongo.database import Database

from cache.last_good import LastGood
from clock import Clock
from runtime.plugins import provider_class
from scraper.base import CountProvider
from scraper.counter import CaseCounter
from settings import Settings

log = logging.getLogger(__name__)


def count_provider(settings: Settings, clock: Clock) -> CountProvider:
    """The provider that these settings name. Raises FixSettings where there is none."""
    return provider_class(settings.count_provider).from_settings(settings, clock)


def case_counter(settings: Settings, database: Database[dict[str, Any]], clock: Clock) -> CaseCounter:
    """The counter that these settings describe; the log says whose number it is, and by which terms.

    Raises FixSettings where there is no such provider.
    """
    provider = count_provider(settings, clock)
    _say(provider)
    max_age = settings.count_max_age_seconds
    return CaseCounter(
        provider,
        LastGood(database),
        # A trigger that comes a little early must not find the last number still young.
        max_age_seconds=settings.trigger_seconds * 0.9 if max_age is None else max_age,
        wait_seconds=settings.count_wait_seconds,
        stale_after_days=settings.count_stale_after_days,
        clock=clock,
    )


def _say(provider: CountProvider) -> None:
    terms = provider.terms
    # What stands before an @ is a login, what follows a ? may be a token.
    where = re.sub(r"(?<=//)[^/@]*@", "***@", provider.url.partition("?")[0])
    log.info(
        "case count provider=%s from=%s terms=%r see=%s attribution=%r",
        provider.name,
        where or None,
        terms.name,
        terms.url,
        terms.attribution,
    )
