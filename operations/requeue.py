"""`manage.py requeue`: put dead letters through again, after what refused them was put right."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from py4j.protocol import Py4JError
from pymongo.database import Database
from pymongo.errors import PyMongoError
from pyspark.errors import PySparkException

import command_line
from clock import SystemClock
from errors import JobError
from ledger.batches import highest_epoch
from ledger.dead_letters import Selection
from micro_batch import REQUEUE, lease_of
from monitoring.log_lines import redacted
from operations.database import opened_with_uri
from operations.known_jobs import unknown
from operations.lease import held
from operations.times import refuse_no_time, time_of
from runtime.failures import cause
from runtime.reprocessing import Place
from runtime.requeue import Requeue
from runtime.session import close_session, open_session
from settings import Settings
from sinks.schema import refuse_newer

Problem = StrEnum("Problem", ["not_utf8", "too_long", "not_json", "no_text", "bad_field", "not_a_post"])

_ENDED = (
    "the requeue of {} did not end: {}. Nothing is lost, and nothing is stored twice: the same command goes on where "
    "this one was."
)


def requeue(
    jobname: Annotated[str, typer.Option(help="The job whose dead letters to take.")],
    problem: Annotated[list[Problem] | None, typer.Option(help="Only those of this problem; may be repeated.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(parser=time_of, metavar="TIME", help="Only those received then or later: 2026-01-02T00:00Z."),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(parser=time_of, metavar="TIME", help="Only those received before then.")
    ] = None,
    settings_file: Annotated[Path | None, typer.Option(help="A file of lines CASESTREAM_A_B=value.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Store them; without it, only say what would be stored.")] = False,
) -> None:
    """Put a job's dead letters through its source again, and store those that are posts now; the job may run meanwhile.

    Each is stored once: a requeue that was killed goes on with the next --yes. The settings are the job's own, from
    the environment and the settings file.
    """
    refuse_no_time(since, until)
    selection = Selection(tuple(problem or ()), since, until)
    settings = command_line.read_like_job(jobname, settings_file)
    with opened_with_uri(settings) as (database, uri), _explained(settings):
        if database["leases"].find_one({"_id": jobname}) is None:
            raise unknown(database, jobname)
        refuse_newer(database, jobname)
        with _lease(database, settings) if yes else nullcontext((_refuse, 0)) as (fence, epoch):
            folder = Path(".data", jobname, "requeue")
            spark = open_session(f"requeue {jobname}", folder, settings.mongodb_ca_file)
            try:
                requeue = Requeue(spark, Place(uri, database, fence, epoch), settings, SystemClock())
                _store(requeue, selection) if yes else _look(requeue, selection)
            finally:
                close_session(spark)


def _look(requeue: Requeue, selection: Selection) -> None:
    prospect, cut = requeue.look(selection), requeue.letters.cut(selection)
    row = "{:<12}{:>14}{:>14}{:>18}".format
    print(row("problem", "dead letters", "posts now", "cut, not taken"))
    for problem in sorted({*prospect.letters, *cut}):
        counts = (prospect.letters[problem], prospect.posts[problem], cut.get(problem, 0))
        print(row(problem, *(f"{count:,}" for count in counts)))
    print(row("all", *(f"{sum(each.values()):,}" for each in (prospect.letters, prospect.posts, cut))))
    for run in requeue.letters.unfinished():
        print(f"the run {run} was not ended, and its dead letters are not counted here: --yes ends it first")
    print("nothing was written; --yes stores the posts")


def _store(requeue: Requeue, selection: Selection) -> None:
    posts = still_dead = 0
    for run in requeue.store(selection):
        print(f"run {run.id}: {run.posts:,} posts stored, {run.still_dead:,} still dead letters", flush=True)
        posts, still_dead = posts + run.posts, still_dead + run.still_dead
    cut = sum(requeue.letters.cut(selection).values())
    print(
        f"{posts:,} posts stored, {still_dead:,} still dead letters, {cut:,} not taken: only their beginning was kept"
    )


@contextmanager
def _lease(database: Database[dict[str, Any]], settings: Settings) -> Iterator[tuple[Callable[[], None], int]]:
    """A lease of the requeue's own: the fence before each write, and its epoch. Raises CannotStart."""
    name, above = lease_of(REQUEUE, settings.jobname), highest_epoch(database, settings.jobname)
    with held(database, name, settings.lease_seconds, above) as lease:
        yield lease.check, lease.epoch


def _refuse() -> None:
    raise AssertionError("a look writes nothing")


@contextmanager
def _explained(settings: Settings) -> Iterator[None]:
    """What failed in a line, with what to do. Raises JobError."""
    try:
        yield
    except (PySparkException, Py4JError, PyMongoError) as failure:
        raise JobError(redacted(_ENDED.format(settings.jobname, cause(failure)), settings.secrets())) from failure
    except KeyboardInterrupt:
        raise JobError(_ENDED.format(settings.jobname, "interrupted")) from None
