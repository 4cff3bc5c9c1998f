"""Whether the settings are those that a job would start with; every mistake at once."""

from collections.abc import Iterator

from operations.checks.result import Result, failed, ok
from operations.checks.subject import Subject


def look(subject: Subject) -> Iterator[Result]:
    """As main.py --check-settings does."""
    if subject.mistakes:
        yield from (failed(mistake) for mistake in subject.mistakes)
        return
    settings = subject.settings
    yield ok(f"job {settings.jobname}, source {settings.source}, a batch every {settings.trigger_seconds:g} s")
