"""Whether the checkpoint is that of the query that the job would run, and where that would go on."""

from collections.abc import Iterator

from operations.checks.result import Result, ok, warning
from operations.checks.subject import Subject
from runtime.folders import refuse_foreign


def look(subject: Subject) -> Iterator[Result]:
    """The checkpoint beside the ledger, as a job does at its start."""
    settings, log, ledger = subject.settings, subject.offset_log, subject.ledger
    refuse_foreign(log, ledger, settings)
    if not log.is_fresh():
        yield ok(f"the checkpoint's, {log.query_id()}: the job goes on where it was")
    elif (last := ledger.last_committed()) is None:
        yield ok("none yet: the job begins")
    elif settings.from_start:
        yield warning(
            f"the ledger knows this job until batch {last['_id']}, and --from-start (CASESTREAM_FROM_START) begins "
            "anew: what the source still has is stored again",
            "leave --from-start out where that is not wanted",
        )
    else:
        yield ok(f"the checkpoint is fresh: the job goes on behind batch {last['_id']}, the last that it has stored")
