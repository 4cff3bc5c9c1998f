"""A job begins to listen to its feed: what was missed is known, what was stored is not stored again."""

from typing import Any

from pymongo.database import Database

from ledger.batches import BatchLedger
from ledger.coverage import CoverageLog
from ledger.lease import Lease
from ledger.usage import UsageLog
from processors.base import StreamProcessor
from runtime.continuation import drop_stored_segments
from runtime.folders import unreachable
from runtime.plugins import receiver_class
from runtime.reception import Reception
from runtime.start import Start
from spool.files import open_folder


def listen(
    start: Start, processor: StreamProcessor, database: Database[dict[str, Any]], ledger: BatchLedger, lease: Lease
) -> Reception | None:
    """The push feed's reception, listening; None for a source that Spark reads by itself.

    Raises CannotStart, StopRequested, and pymongo's errors.
    """
    receiver = receiver_class(type(processor))
    if receiver is None:
        lease.gap_is_noted()
        return None
    settings = start.settings
    folder = open_folder(str(settings.spool), processor.spark)
    start.wait_for(lambda: unreachable(folder))
    if processor.offset_log.is_fresh() and not settings.from_start:
        drop_stored_segments(folder, ledger)
    coverage = _coverage(start, database, lease)
    usage = UsageLog(database, settings.jobname, settings.source, receiver.account(settings), start.clock)
    last_alive = lease.former["last_alive"] if lease.former else None
    reception = Reception(receiver, settings, folder, coverage, usage, start.clock, last_alive)
    start.progress.heard = lambda: reception.heard
    start.opened.callback(reception.stop)
    reception.start()
    if settings.available_now:
        _hear_out(start, reception)
    return reception


def _coverage(start: Start, database: Database[dict[str, Any]], lease: Lease) -> CoverageLog:
    """With the gap since a former run noted, before anything is heard."""
    coverage = CoverageLog(database, start.settings.jobname, start.settings.source, start.clock)
    coverage.adopt()
    if lease.former:
        was = "was stopped" if lease.former["state"] == "released" else "died"
        coverage.open_gap(f"the job {was}", since=lease.former["last_alive"])
    start.wait_for(lambda: None if coverage.save() else "MongoDB does not take the coverage")
    lease.gap_is_noted()
    return coverage


def _hear_out(start: Start, reception: Reception) -> None:
    """Read the feed to its end before the only batches there will be."""
    start.progress.say("reading the feed to its end")
    while not reception.is_over and not start.pause():
        reception.check()
    reception.check()
    reception.stop()
