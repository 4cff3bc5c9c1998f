#!/usr/bin/env python
"""The job: read settings, wire the parts, run, return an exit code.

spark-submit … main.py --jobname NAME --source NAME|package.module:ClassName …; `main.py --help` has the rest.
"""

import logging
import os
import sys
from collections.abc import Sequence

from rich.console import Console

import command_line
import log_context
from clock import SystemClock
from errors import FixSettings, JobError
from monitoring.log_lines import redacted
from monitoring.logs import LogFormat, log_what_nobody_catches, start_logging
from monitoring.lookout import Lookout
from monitoring.progress import Progress
from processors import PROCESSORS
from runtime.job import Job
from runtime.plugins import provider_needs, required_settings
from runtime.session import is_in_cluster, is_local
from runtime.stopping import StopSignal
from settings import Settings

log = logging.getLogger("main")


def main(arguments: Sequence[str]) -> int:
    """Run the job that the arguments, the environment and the settings file describe; the exit code."""
    around = command_line.Surroundings(
        tuple(PROCESSORS), required_settings, provider_needs, is_local(), is_in_cluster()
    )
    try:
        command = command_line.read(arguments, around)
    except FixSettings as mistakes:
        start_logging(log_format := command_line.log_format(arguments), (), Console())
        return give_up(mistakes, str(mistakes), log_format)
    if command.check_only:
        print(command_line.table(command.settings))  # noqa: T201
        return 0
    return run(command.settings)


def run(settings: Settings) -> int:
    """Run the job; what went wrong is the last line on standard error. The exit code: see `errors`, 0 as asked."""
    console = Console()
    log_context.belongs_to(job=settings.jobname)
    start_logging(settings.log_format, settings.secrets(), console)
    stop = StopSignal()
    stop.listen()
    clock = SystemClock()
    with Progress(console, settings.trigger_seconds) as progress, Lookout(settings, clock) as lookout:
        try:
            Job(settings, stop, progress, lookout, clock).run()
        except JobError as error:
            progress.close()
            return give_up(error, redacted(f"casestream: {error}", settings.secrets()), settings.log_format)
    progress.sum_up(settings)
    return 0


def give_up(error: JobError, words: str, log_format: LogFormat) -> int:
    """The last words on standard error, which are a line of the log where programs read it; the exit code."""
    if log_format == "json":
        log.error("ended by an error exit_code=%s why=%r", error.exit_code, str(error))
    else:
        print(words, file=sys.stderr)  # noqa: T201
    return error.exit_code


if __name__ == "__main__":
    log_what_nobody_catches()
    try:
        code = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, a `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)
