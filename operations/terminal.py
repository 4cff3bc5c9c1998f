"""Where a command speaks to its operator: standard error, as lines of a log or as a live terminal; standard output."""

import functools
import logging

from rich.console import Console

from monitoring import logs


class Output(Console):
    """Standard output. A reader that has seen enough, as `head`, is no error: manage.py ends with 0 then.

    https://rich.readthedocs.io/en/stable/reference/console.html#rich.console.Console.on_broken_pipe
    """

    def on_broken_pipe(self) -> None:
        """Raises BrokenPipeError."""
        raise BrokenPipeError  # without a number: click would make 1 of the system's own


@functools.cache
def terminal() -> Console:
    """The one console of the process: what is written through it does not disturb a live line."""
    return Console(stderr=True)


def start_logging() -> None:
    """Log lines of level INFO and above go to standard error, above the live line if there is one."""
    logs.start_logging("text", (), terminal(), on_terminal=logging.INFO)
