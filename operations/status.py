"""`manage.py status`: how every job is that the database knows."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import pymongo
import typer
from pymongo.errors import PyMongoError
from rich.console import Console, Group, RenderableType
from rich.text import Text

import command_line
from casestream.job_names import job_names
from clock import SystemClock
from errors import CannotStart, FixSettings, JobError
from operations.database import opened
from operations.interrupt import Interrupt
from operations.known_jobs import refuse_unknown
from operations.standing.as_json import as_json
from operations.standing.detail import detail
from operations.standing.lines import line
from operations.standing.reading import Documents, Standing, read
from operations.standing.table import table
from operations.standing.verdict import verdict
from operations.standing.watch import watch
from operations.terminal import Output

READ_SECONDS = 60.0
ANSWER_SECONDS = 5.0
"""A server that is away is told of after these: a reading alone would wait for it as long as it may take."""
_MINUTES = 10.0
_EVERY_SECONDS = 5.0
_WITHOUT_TERMINAL = 200
"""Characters of a line, where there is no terminal that says how wide it is."""


def status(
    jobname: Annotated[str | None, typer.Option(help="This job alone, with more of it.")] = None,
    minutes: Annotated[
        float, typer.Option(min=1, max=1440, help="Posts per minute are those of so many minutes up to now.")
    ] = _MINUTES,
    is_watched: Annotated[bool, typer.Option("--watch", help="Look again and again, until Ctrl-C.")] = False,
    every: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="With --watch: so often.")] = _EVERY_SECONDS,
    is_checked: Annotated[
        bool, typer.Option("--check", help="Exit code 1 where a job does not run that should: for cron.")
    ] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print a JSON object for each look.")] = False,
    settings_file: Annotated[Path | None, typer.Option(help="A file of lines CASESTREAM_A_B=value.")] = None,
) -> None:
    """Say how every job is: whether it runs, its last batch, lag, posts per minute, gaps, dead letters, who holds it.

    Exit code 0; 3: MongoDB cannot be read, nothing is known. With --check 1 where a job is dead or stands still, which
    was not stopped in order; with --jobname also where it was. Gaps and dead letters are those of 24 hours.
    """
    if is_watched and is_checked:
        raise FixSettings(["--check: it looks once, and --watch again and again. Choose one of them."])
    console = Output()
    if not console.is_terminal:
        console.width = _WITHOUT_TERMINAL
    with opened(command_line.read_storage(settings_file)) as database:
        look = _Look(database, jobname, minutes)
        if is_watched:
            complaints = Console(stderr=True) if is_json else None
            with Interrupt() as interrupt:
                watch(
                    lambda: look.shown(console, is_json, is_a_line=not console.is_terminal),
                    console,
                    every,
                    interrupt,
                    SystemClock(),
                    complaints,
                )
            return
        try:
            console.print(look.shown(console, is_json), soft_wrap=is_json)
        except PyMongoError as error:
            raise CannotStart(f"MongoDB failed while it was read, and nothing is known: {error}") from error
    if is_checked:
        _check(look.standings, jobname)


class _Look:
    """One reading, and what is shown of it."""

    def __init__(self, database: Documents, jobname: str | None, minutes: float) -> None:
        self._database = database
        self._jobname = jobname
        self._minutes = minutes
        self.standings: Sequence[Standing] = ()

    def shown(self, console: Console, is_json: bool, is_a_line: bool = False) -> RenderableType:
        """Read all. Raises CannotStart where the job is not known, pymongo's errors."""
        with pymongo.timeout(ANSWER_SECONDS):
            self._database.command("ping")
        at = SystemClock().now()
        with pymongo.timeout(READ_SECONDS):
            self.standings = [read(self._database, job, at, self._minutes) for job in self._jobs()]
        if is_json:
            return Text(json.dumps(as_json(self._database.name, at, self.standings)))
        if is_a_line and self.standings:
            return Text("\n".join(map(line, self.standings)))
        if self._jobname is not None:
            return Group(*map(detail, self.standings))
        return table(self._database.name, at, self.standings, console)

    def _jobs(self) -> list[str]:
        if self._jobname is None:
            return job_names(self._database)
        refuse_unknown(self._database, self._jobname)
        return [self._jobname]


def _check(standings: Sequence[Standing], jobname: str | None) -> None:
    """Raises JobError where a job does not run that should."""
    found = [(standing.job, verdict(standing)) for standing in standings]
    runs = ("running", "stopping")
    wrong = [f"{job} ({said.state})" for job, said in found if said.is_failure or (jobname and said.state not in runs)]
    if wrong:
        raise JobError(f"not running: {', '.join(wrong)}")
