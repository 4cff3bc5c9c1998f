#!/usr/bin/env python
"""The operator's commands. A new one is a file in operations/ and a line in COMMANDS."""

import errno
import io
import os
import sys
from collections.abc import Callable

import typer

from errors import JobError
from operations.check import check
from operations.doctor import doctor
from operations.export import export
from operations.feed import feed
from operations.forget import forget
from operations.record import record
from operations.requeue import requeue
from operations.serve import serve
from operations.show import show
from operations.status import status
from operations.stop import stop
from operations.terminal import start_logging
from operations.verify import verify

COMMANDS: dict[str, Callable[..., None]] = {
    "check": check,
    "doctor": doctor,
    "export": export,
    "feed": feed,
    "forget": forget,
    "record": record,
    "requeue": requeue,
    "serve": serve,
    "show": show,
    "status": status,
    "stop": stop,
    "verify": verify,
}
TAKES_SETTINGS = ("doctor",)
"""Those that take main.py's flags too, and read them by themselves."""

HELP = """The operator's commands for casestream.

`manage.py COMMAND --help` explains a command. Exit codes: 0 done or stopped as asked, 1 it failed, 2 the arguments
are wrong, 3 it could not start.
"""


def build() -> typer.Typer:
    """The application with every command of COMMANDS; a command's docstring and annotations are its help."""
    app = typer.Typer(
        help=HELP,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(start_logging)
    for name, command in COMMANDS.items():
        takes = name in TAKES_SETTINGS
        context = {"allow_extra_args": takes, "ignore_unknown_options": takes}
        app.command(name, context_settings=context)(command)
    return app


def main() -> int:
    """Run the command that the arguments name; a `JobError` becomes its message and its exit code."""
    try:
        build()()
    except JobError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that knows no dash is no reason to say nothing
    try:
        code = main()
        print(end="", flush=True)  # noqa: T201 - what waits to be written; there may be no output at all
    except BrokenPipeError:  # the reader, a `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what could not be written waits there still
        print(error, file=sys.stderr)  # noqa: T201
        code = 1
    sys.exit(code)
