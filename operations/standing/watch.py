"""A reading after the other: in place on a terminal, else one below the other, until Ctrl-C."""

from collections.abc import Callable

from pymongo.errors import PyMongoError
from rich.console import Console, RenderableType
from rich.live import Live

from clock import Clock
from ledger.database import brief
from operations.interrupt import Interrupt, Interrupted
from operations.standing.words import plain
from operations.times import iso

Read = Callable[[], RenderableType]
Show = Callable[[RenderableType], None]


def watch(
    read: Read,
    console: Console,
    every_seconds: float,
    interrupt: Interrupt,
    clock: Clock,
    complaints: Console | None = None,
) -> None:
    """Show what `read` gives, again and again; a database that is away is said, and asked again.

    complaints: where that is said if the console is for programs, and nothing is shown in place. Ends when the process
    is asked to, in the middle of a reading too; what is on the terminal then stays there.
    """
    if console.is_terminal and complaints is None:
        with Live(console=console, auto_refresh=False, vertical_overflow="ellipsis") as live:
            in_place = _show_in(live)
            _repeat(read, in_place, in_place, every_seconds, interrupt, clock)
    else:
        _repeat(read, _show_on(console), _show_on(complaints or console), every_seconds, interrupt, clock)


def _show_in(live: Live) -> Show:
    return lambda shown: live.update(shown, refresh=True)


def _show_on(console: Console) -> Show:
    return lambda shown: console.print(shown, soft_wrap=True)


def _repeat(read: Read, show: Show, complain: Show, every_seconds: float, interrupt: Interrupt, clock: Clock) -> None:
    try:
        while True:
            try:
                with interrupt.at_once():
                    shown = read()
            except PyMongoError as error:
                away = f"{iso(clock.now())} MongoDB cannot be read, asking again: {brief(error)}"
                complain(plain(away, "red"))
            else:
                show(shown)
            interrupt.wait(every_seconds)
    except Interrupted:
        return
