"""Whether the provider of the case count gives a number now."""

from collections.abc import Iterator
from datetime import timedelta

from case_count import Standing
from errors import CountAbsent, CountUnavailable, CountUnparsed
from operations.checks.result import Result, failed, ok, skipped, warning
from operations.checks.subject import Subject
from runtime.counting import count_provider
from runtime.plugins import provider_class
from scraper.flags import flags

_TO_DO = "see that address, or choose another --count-provider (CASESTREAM_COUNT_PROVIDER): docs/case-count.md"


def look(subject: Subject) -> Iterator[Result]:
    """Fetches and reads it once; nothing is kept. Flags that need the number before this one are a job's to find."""
    settings, clock = subject.settings, subject.machine.clock
    asked = settings.count_timeout_seconds or provider_class(settings.count_provider).timeout_seconds
    # A little less than all: that it took too long is better said by who knows where it was asked.
    within = min(asked, subject.timeout_seconds * 0.9)
    provider = count_provider(settings.model_copy(update={"count_timeout_seconds": within}), clock)
    try:
        reading = provider.fetch()
    except CountAbsent as absent:
        yield skipped(str(absent))
    except CountUnavailable as why:
        yield failed(f"{provider.name}: {why}: batches get the last good number, or -1", _TO_DO)
    except CountUnparsed as why:
        yield failed(f"{provider.name}: {why}: batches get -1", _TO_DO)
    else:
        stale_after = timedelta(days=settings.count_stale_after_days)
        found = flags(Standing.first(reading), now=clock.now(), stale_after=stale_after)
        as_of = f"{reading.as_of:%Y-%m-%d %H:%M} UTC" if reading.as_of else "a time that it does not give"
        said = f"{provider.name}: {reading.value:,} as of {as_of}"
        if found:
            told = (
                "choose another --count-provider (CASESTREAM_COUNT_PROVIDER) where that is too old: docs/case-count.md"
            )
            yield warning(f"{said}, flagged {', '.join(found)}", told)
        else:
            yield ok(said)
