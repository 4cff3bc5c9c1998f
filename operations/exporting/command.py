"""The command, when its arguments are read: what it does to the folder, and what it says."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pymongo.errors import PyMongoError
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from casestream.errors import CasestreamError
from clock import SystemClock
from errors import JobError
from operations.database import opened
from operations.exporting import manifest_file, run
from operations.exporting.check import findings
from operations.exporting.days import Told
from operations.exporting.folder import Folder
from operations.exporting.manifest import Day
from operations.exporting.request import Request
from operations.known_jobs import refuse_unknown
from operations.terminal import terminal
from settings import Storage

_NAMED_DAYS = 5


def export(path: Path, request: Request, storage: Storage) -> None:
    """Bring the folder to what the database has now, and say what it holds. Raises JobError."""
    folder = Folder(path)
    with _explained(folder), opened(storage) as database:
        for job in request.jobs or ():
            refuse_unknown(database, job)
        with folder.locked():
            _tell(folder, run.export(database, folder, request, SystemClock(), _shown))


def check(path: Path) -> None:
    """Say what is not as the folder's manifest has it, a line each. Raises JobError where something is."""
    folder = Folder(path)
    manifest = manifest_file.load(folder)
    count = 0
    for finding in findings(folder, manifest):
        print(finding, flush=True)
        count += 1
    if count:
        raise JobError(
            f"{folder.path}: {count:,} findings. Remove the files that are named and export into the folder again: "
            "their days are written anew."
        )
    print(f"{folder.path}: whole: {manifest.rows:,} posts in {len(manifest.paths()):,} files")


def _tell(folder: Folder, outcome: run.Outcome) -> None:
    manifest = outcome.manifest
    if not manifest.days:
        print(f"{folder.path}: nothing to export: no committed batch is in that range")
        return
    written = len(outcome.written)
    print(
        f"{folder.path}: {manifest.rows:,} posts in {len(manifest.paths()):,} files, {manifest.bytes / 1e6:,.1f} MB; "
        f"days: {written:,} written, {len(manifest.days) - written:,} unchanged"
    )
    if outcome.left:
        print(
            f"of {_named(outcome.left)} the database has nothing any more: these files were left; is it the right one?"
        )
    if outcome.not_whole:
        days = _named(outcome.not_whole)
        raise JobError(f"of {days} the database lacks posts that the ledger has: manage.py verify says which.")


def _named(days: Sequence[Day]) -> str:
    """The first of them, and how many more."""
    named = ", ".join(f"{day.day} ({day.job})" for day in days[:_NAMED_DAYS])
    return named if len(days) <= _NAMED_DAYS else f"{named} and {len(days) - _NAMED_DAYS:,} days more"


@contextmanager
def _explained(folder: Folder) -> Iterator[None]:
    """What failed in a line, with what to do. Raises JobError."""
    again = f"What is in the manifest of {folder.path} is whole: the same command goes on where this one was."
    try:
        yield
    except PyMongoError as error:
        raise JobError(f"MongoDB failed while it was read: {error}. {again}") from error
    except CasestreamError as error:
        raise JobError(f"{error} {again}") from error
    except KeyboardInterrupt:
        raise JobError(f"interrupted. {again}") from None


@contextmanager
def _shown(posts: int) -> Iterator[Told]:
    """A bar while the block runs, on a terminal only."""
    columns = (TextColumn("exporting"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    count = TextColumn("{task.completed:,} of {task.total:,} posts")
    console = terminal()
    with Progress(
        *columns, count, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("export", total=posts)
        yield lambda more: progress.advance(task, more)
