"""`manage.py export`: posts as files, for whoever has no MongoDB."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pymongo.errors import PyMongoError
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

import command_line
from casestream.errors import CasestreamError
from clock import SystemClock
from errors import CannotStart, FixSettings, JobError
from operations.database import opened
from operations.exporting import manifest_file
from operations.exporting.check import findings
from operations.exporting.days import Told
from operations.exporting.folder import Folder
from operations.exporting.request import Request
from operations.exporting.run import Outcome
from operations.exporting.run import export as run_export
from operations.integrity.stored import is_known
from operations.terminal import terminal
from settings import Storage

FormatName = StrEnum("FormatName", ["parquet", "csv", "jsonl"])


def export(
    to: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where to; an export that is there goes on.")
    ] = None,
    format_name: Annotated[FormatName, typer.Option("--format", help="How posts are written.")] = FormatName("parquet"),
    jobname: Annotated[list[str] | None, typer.Option(help="Only this job; may be repeated. Default: all.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only batches triggered then or later: 2026-01-02T00:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Only batches triggered before then.")] = None,
    columns: Annotated[str | None, typer.Option(metavar="A,B", help="Only these columns of the table posts.")] = None,
    ids_only: Annotated[
        bool, typer.Option("--ids-only", help="The posts' ids alone: what X lets you pass on.")
    ] = False,
    check: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write nothing; read an export back and compare it.")
    ] = None,
    settings_file: Annotated[Path | None, typer.Option(help="A file of lines CASESTREAM_A_B=value.")] = None,
) -> None:
    """Write the posts of committed micro-batches as files, a folder for each job and UTC day, with a manifest.

    Run again, it writes only the days that have changed; killed, it goes on. A job may run meanwhile. Exit codes: 0
    done, or all is well; 1 it failed, or the check found something; 2 the arguments are wrong; 3 it could not start.
    """
    if (to is None) == (check is None):
        raise FixSettings(["--to=FOLDER, to export, or --check=FOLDER, to read an export back: give one of the two"])
    if check is not None:
        _check(Folder(check.resolve()))
    if to is not None:
        request = Request.of(format_name.value, jobname or [], since, until, columns, ids_only)
        _export(Folder(to.resolve()), request, command_line.read_storage(settings_file))


def _export(folder: Folder, request: Request, storage: Storage) -> None:
    with _explained(folder), opened(storage) as database, folder.locked():
        for job in request.jobs or ():
            if not is_known(database, job):
                raise CannotStart(f"the database {database.name} knows no job of the name {job}")
        _tell(folder, run_export(database, folder, request, SystemClock(), _shown))


def _tell(folder: Folder, outcome: Outcome) -> None:
    manifest = outcome.manifest
    if not manifest.days:
        print(f"{folder.path}: nothing to export: no committed batch is in that range")
        return
    print(
        f"{folder.path}: {manifest.rows:,} posts of {len(manifest.days):,} days in {len(manifest.paths()):,} files, "
        f"{manifest.bytes / 1e6:,.1f} MB; {outcome.written:,} days written, the others were there"
    )
    if outcome.not_whole:
        days = ", ".join(f"{day.day} of {day.job}" for day in outcome.not_whole)
        raise JobError(f"not all posts are there that the ledger has: {days}. manage.py verify says what is missing.")


def _check(folder: Folder) -> None:
    manifest = manifest_file.load(folder)
    count = 0
    for finding in findings(folder, manifest):
        print(finding, flush=True)
        count += 1
    if count:
        raise JobError(f"{folder.path}: {count:,} findings; an export into the folder writes such days anew")
    print(f"{folder.path}: whole: {manifest.rows:,} posts in {len(manifest.paths()):,} files")


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
