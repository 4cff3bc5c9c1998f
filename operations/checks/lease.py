"""Whether somebody runs this job, or another one with its checkpoint or spool."""

from collections.abc import Iterator
from typing import Any

from ledger.leases import described, held_leases
from operations.checks.result import Result, failed, ok
from operations.checks.subject import Subject


def look(subject: Subject) -> Iterator[Result]:
    """A job that runs is no fault. Whether a holder lives is judged by his last heartbeat and this machine's clock."""
    settings = subject.settings
    spool = settings.spool if subject.receiver else None
    held = held_leases(subject.database, settings.jobname, str(settings.checkpoint), spool)
    if not held:
        yield ok("nobody runs this job")
    for lease in held:
        silent = (subject.machine.clock.now() - lease["heartbeat"]).total_seconds()
        if silent > (period := _period(lease, settings.lease_seconds)):
            yield ok(
                f"no sign of life for {silent:.0f} s; a start waits {period:g} s and takes it over: {described(lease)}"
            )
        elif lease["_id"] == settings.jobname:
            yield ok(f"it runs, a second start of it would end: {described(lease)}")
        else:
            yield failed(
                f"another job has its checkpoint or its spool: {described(lease)}",
                "stop that job first, or give this one a --checkpoint (CASESTREAM_CHECKPOINT) and --spool of its own",
            )


def _period(lease: dict[str, Any], own: float) -> float:
    return float(max(own, lease.get("period_seconds", 0)))
