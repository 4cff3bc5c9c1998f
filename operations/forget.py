"""`manage.py forget`: remove posts, and all posts of authors, from everything that is stored."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from pymongo.errors import PyMongoError
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

import command_line
from casestream.job_names import job_names
from clock import SystemClock
from errors import JobError
from ledger.forgotten import ForgottenLog
from ledger.removal import FORGET
from operations.database import opened
from operations.forgetting.named import named
from operations.forgetting.removing import Forgetting
from operations.forgetting.scan import Found, Scan, Scope
from operations.forgetting.spools import JobSpool
from operations.forgetting.targets import Targets
from operations.integrity.stored import Documents
from operations.known_jobs import refuse_unknown
from operations.lease import held
from operations.terminal import terminal
from operations.times import refuse_no_time, time_of
from sinks.schema import refuse_newer

_LEASE_SECONDS = 30
_ENDED = "not all is forgotten yet: {}. Run the same command again: it goes on where this one was."


def forget(
    post: Annotated[list[str] | None, typer.Option(metavar="ID", help="This post; may be repeated.")] = None,
    author: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="All posts of this author's id; may be repeated.")
    ] = None,
    from_file: Annotated[
        Path | None, typer.Option(help="A file of ids, one a line, or the results of X's batch compliance.")
    ] = None,
    posts: Annotated[bool, typer.Option("--posts", help="The ids of that file are posts'.")] = False,
    authors: Annotated[bool, typer.Option("--authors", help="The ids of that file are authors'.")] = False,
    jobname: Annotated[str | None, typer.Option(help="Only what this job has stored; default: all jobs.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(parser=time_of, metavar="TIME", help="Look only through batches since then: 2026-01-02T00:00Z."),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(parser=time_of, metavar="TIME", help="Look only through batches before then.")
    ] = None,
    export: Annotated[
        list[Path] | None, typer.Option(metavar="FOLDER", help="This export too, beside those that are recorded.")
    ] = None,
    settings_file: Annotated[Path | None, typer.Option(help="A file of lines CASESTREAM_A_B=value.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Remove them; without it, only say what would be removed.")
    ] = False,
) -> None:
    """Remove posts from all that is stored and exported; no batch stores them again. Jobs may run meanwhile.

    With a post go its reposts and its later versions, which have its text. What is kept is a hash of the id. Killed, it
    goes on with the next --yes. Exit codes: 0 done; 1 it failed, run it again; 2 the arguments or the file are wrong; 3
    MongoDB cannot be reached, there is no such job, or another forget is running.
    """
    refuse_no_time(since, until)
    targets = named(post or [], author or [], from_file, posts, authors)
    with opened(command_line.read_storage(settings_file)) as database, _explained():
        scope = Scope(_jobs(database, jobname), since, until)
        for job in scope.jobs:
            refuse_newer(database, job)
        if yes:
            _remove(database, scope, targets, export or [])
        else:
            _look(database, scope, targets, export or [])


def _jobs(database: Documents, jobname: str | None) -> tuple[str, ...]:
    if jobname is None:
        return tuple(job_names(database))
    refuse_unknown(database, jobname)
    return (jobname,)


def _look(database: Documents, scope: Scope, targets: Targets, export: list[Path]) -> None:
    from operations.forgetting import exports  # Arrow: the other commands are not to wait for it

    with _shown(database, scope) as told:
        scan = Scan(database, scope, told)
        targets = scan.with_posts_of_authors(replace(targets, earlier=ForgottenLog(database, SystemClock()).known()))
        for job in scope.jobs:
            _print(job, scan.look(job, targets))
            spool = JobSpool(database, job)
            if waiting := spool.waiting(targets):
                print(f"{job}: {waiting:,} events in its spool")
            if (line := spool.elsewhere()) is not None:
                print(line)
    folders, lines = exports.known(database, export)
    for line in (*lines, *(f"export {folder}: its files are read with --yes only" for folder in folders)):
        print(line)
    print("nothing was removed; --yes removes them")


def _remove(database: Documents, scope: Scope, targets: Targets, export: list[Path]) -> None:
    from operations.forgetting import exports

    with held(database, FORGET, _LEASE_SECONDS) as lease, _shown(database, scope) as told:
        scan = Scan(database, scope, told)
        forgetting = Forgetting(database, scope, scan, SystemClock(), lease.check, _say)
        targets = forgetting.begin(targets)
        posts = 0
        for job, found in forgetting.run(targets):
            _print(job, found)
            posts += found.posts
        folders, lines = exports.known(database, export)
        for line in chain(lines, exports.forget(folders, forgetting.forgotten.known())):
            _say(line)
    print(f"{posts:,} posts removed; no batch stores them again")


def _print(job: str, found: Found) -> None:
    print(f"{job}: {found.posts:,} posts in {found.documents:,} documents, {found.letters:,} dead letters", flush=True)


def _say(line: str) -> None:
    print(line, flush=True)


@contextmanager
def _explained() -> Iterator[None]:
    """What failed in a line, with what to do. Raises JobError."""
    try:
        yield
    except PyMongoError as failure:
        raise JobError(_ENDED.format(failure)) from failure
    except KeyboardInterrupt:
        raise JobError(_ENDED.format("interrupted")) from None


@contextmanager
def _shown(database: Documents, scope: Scope) -> Iterator[Callable[[int], None]]:
    """A bar while the block runs, on a terminal only; it is told of batches."""
    total = database["batches"].count_documents({"job": {"$in": list(scope.jobs)}, **_times(scope)})
    console = terminal()
    columns = (TextColumn("looking through {task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("the batches", total=max(total, 1))
        yield lambda batches: bar.update(task, advance=batches)


def _times(scope: Scope) -> dict[str, dict[str, datetime]]:
    limits = {"$gte": scope.begin, "$lt": scope.end}
    found = {operator: time for operator, time in limits.items() if time is not None}
    return {"timestamp": found} if found else {}
