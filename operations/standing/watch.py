"""A reading after the other: in place on a terminal, else one below the other, until Ctrl-C."""

from collections.abc import Callable

from pymongo.errors import PyMongoError
from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from operations.interrupt import Interrupt, Interrupted

Read = Callable[[], RenderableType]


def watch(read: Read, console: Console, every_seconds: float, interrupt: Interrupt) -> None:
    """Show what `read` gives, again and again; a database that is away is said, and asked again.

    Ends when the process is asked to; what is on the terminal then stays there.
    """
    if console.is_terminal:
        with Live(console=console, auto_refresh=False, vertical_overflow="ellipsis") as live:
            _repeat(read, lambda shown: live.update(shown, refresh=True), every_seconds, interrupt)
    else:
        _repeat(read, lambda shown: console.print(shown, soft_wrap=True), every_seconds, interrupt)


def _repeat(read: Read, show: Callable[[RenderableType], None], every_seconds: float, interrupt: Interrupt) -> None:
    try:
        while True:
            try:
                shown = read()
            except PyMongoError as error:
                shown = Text(
                    f"MongoDB cannot be read, asking again: {str(error).split(', Timeout:', 1)[0]}", style="red"
                )
            show(shown)
            interrupt.wait(every_seconds)
    except Interrupted:
        return
