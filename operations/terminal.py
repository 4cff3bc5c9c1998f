"""Where a command speaks to its operator: standard error, as lines of a log or as a live terminal."""

import functools
import logging

from rich.console import Console

from monitoring import logs


@functools.cache
def terminal() -> Console:
    """The one console of the process: what is written through it does not disturb a live line."""
    return Console(stderr=True)


def start_logging() -> None:
    """Log lines of level INFO and above go to standard error, above the live line if there is one."""
    logs.start_logging("text", (), terminal(), on_terminal=logging.INFO)
