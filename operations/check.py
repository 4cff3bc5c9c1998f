"""`manage.py check`: whether each stored field is what docs/data.md says of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pymongo.errors import PyMongoError
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

import command_line
from casestream.stored import COLLECTIONS
from errors import CannotStart, JobError
from operations.database import opened
from operations.described.reading import Documents, deviations, of_job
from operations.described.report import Report
from operations.known_jobs import refuse_unknown
from operations.terminal import terminal


def check(
    jobname: Annotated[
        str | None, typer.Option(help="The job to check; default: all of the database, also what belongs to no job.")
    ] = None,
    settings_file: Annotated[Path | None, typer.Option(help="A file of lines CASESTREAM_A_B=value.")] = None,
) -> None:
    """Say whether each stored field has the type and the values that docs/data.md gives it.

    Each finding is a line on standard output: collection/_id, the field, found, expected. A field that is not described
    is a note. Exit code 0: nothing but notes; 1: findings; 3: MongoDB cannot be read, nothing is known. A job may run
    meanwhile. Whether documents, ledger and offsets agree is another question: see verify.
    """
    with opened(command_line.read_storage(settings_file)) as database:
        report = Report()
        try:
            if jobname is not None:
                refuse_unknown(database, jobname)
            _check(database, jobname, report)
        except PyMongoError as error:
            raise CannotStart(f"MongoDB failed while it was read, and nothing is known: {error}") from error
        if not report.documents:
            raise CannotStart(f"the database {database.name} holds nothing that a job has stored")
    print("\n".join(report.summary()))
    if report.findings:
        raise JobError(f"{report.findings:,} findings: no job writes such a field. Restore it from a backup.")


def _check(database: Documents, job: str | None, report: Report) -> None:
    for collection in COLLECTIONS:
        if (asked := of_job(collection, job)) is None:
            continue
        total = database[collection.name].count_documents(asked)
        with _shown(collection.name, total) as told:
            for name, found in deviations(database, collection, asked):
                for line in report.lines(collection.name, name, found):
                    print(line, flush=True)
                told()


@contextmanager
def _shown(collection: str, documents: int) -> Iterator[Callable[[], None]]:
    """A bar while the block runs, on a terminal only; it is told of each document."""
    columns = (TextColumn("checking {task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    seen = TextColumn("{task.completed:,} documents")
    console = terminal()
    with Progress(
        *columns, seen, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(collection, total=max(documents, 1))
        yield lambda: progress.advance(task)
