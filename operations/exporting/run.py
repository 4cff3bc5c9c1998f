"""A whole export: every day that is not in the folder as it is in the ledger."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from pymongo.database import Database

from casestream import __version__
from clock import Clock
from operations.exporting import manifest_file, record
from operations.exporting.batches import Batches
from operations.exporting.days import DayWriter, Told, is_done
from operations.exporting.folder import Folder
from operations.exporting.gaps import with_gaps
from operations.exporting.manifest import Day, Manifest
from operations.exporting.request import Request
from operations.times import iso

Shown = Callable[[int], AbstractContextManager[Told]]
"""Shows the progress through so many posts while its block runs."""


@dataclass(frozen=True)
class Outcome:
    """What a run has done.

    written: the days that it wrote. not_whole: those of which the database lacks posts that the ledger has. left: those
    of which the database has nothing any more; they stay, since it may be another database that was asked.
    """

    manifest: Manifest
    written: tuple[Day, ...]
    not_whole: tuple[Day, ...]
    left: tuple[Day, ...]


def export(database: Database[dict[str, Any]], folder: Folder, request: Request, clock: Clock, shown: Shown) -> Outcome:
    """Bring the folder, which this process has locked, to what the ledger has now. Killed, the next run goes on.

    Raises FixSettings where the folder is another export's, CannotStart where its manifest cannot be read, OSError,
    pymongo's and the loader's errors.
    """
    manifest = _begun(folder, request, database.name, clock)
    folder.keep_only(manifest.paths())
    recorded = record.begin(database, folder.path, manifest.request, clock.now())
    batches = Batches(database, manifest.request)
    jobs = batches.jobs()
    days = [day for job in jobs for day in batches.days(job)]
    manifest, written = _days_written(days, batches, folder, manifest, shown)
    manifest = replace(with_gaps(manifest, database, jobs), casestream=__version__, at=iso(clock.now()))
    manifest_file.save(folder, manifest)
    if recorded:
        record.end(database, folder.path, manifest.rows, clock.now())
    found = {day.key for day in days}
    left = tuple(day for day in manifest.days if day.key not in found)
    return Outcome(manifest, written, tuple(day for day in manifest.days if not day.is_whole()), left)


def _begun(folder: Folder, request: Request, database: str, clock: Clock) -> Manifest:
    if manifest_file.is_there(folder):
        manifest = manifest_file.load(folder)
        manifest_file.refuse_another(manifest, request.going_on(manifest.request), database)
        return manifest
    manifest_file.refuse_foreign(folder)
    now = iso(clock.now())
    manifest = Manifest(request, database, __version__, now, now)
    manifest_file.save(folder, manifest)
    return manifest


def _days_written(
    days: list[Day], batches: Batches, folder: Folder, manifest: Manifest, shown: Shown
) -> tuple[Manifest, tuple[Day, ...]]:
    waiting = tuple(day for day in days if not is_done(day, manifest, folder))
    with shown(sum(day.posts for day in waiting)) as told:
        writer = DayWriter(batches, folder, manifest.request.file_format(), told)
        for day in waiting:
            manifest = writer.write(day.job, day.day, manifest)
    return manifest, waiting
