"""Whether the job's newest document is of a version that this casestream knows."""

from collections.abc import Iterator

from operations.checks.result import Result, ok
from operations.checks.subject import Subject
from sinks.documents import SCHEMA_VERSION
from sinks.schema import refuse_newer


def look(subject: Subject) -> Iterator[Result]:
    """As a job does at its start."""
    refuse_newer(subject.database, subject.settings.jobname)
    yield ok(f"none is newer than schema_version {SCHEMA_VERSION}, which this casestream writes")
