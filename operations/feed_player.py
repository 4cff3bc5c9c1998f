"""The player: events at their pace into an outlet, and what an outlet is."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from operations.feed_progress import Progress
from operations.pace import Clock, Pace

Event = TypeVar("Event")


class Outlet(Protocol[Event]):
    """Where a feed is played to. A new one is a file `feed_….py` and a case in `feed.py`."""

    def send(self, events: list[Event]) -> None:
        """Hand over these events, in order; blocks for as long as the other side cannot take them.

        Raises: Interrupted: the process was asked to end; an event that was not begun is left out.
        """


def play(batches: Iterable[list[Event]], pace: Pace, clock: Clock, outlet: Outlet[Event], progress: Progress) -> None:
    """Send every event when it is due; events that are due together go together.

    Raises: Interrupted, from the clock or the outlet; what the outlet raises.
    """
    for batch in batches:
        for due in _due_together(batch, pace, clock):
            outlet.send(due)
            progress.sent(len(due))


def _due_together(batch: list[Event], pace: Pace, clock: Clock) -> Iterable[list[Event]]:
    due: list[Event] = []
    for event in batch:
        delay = pace.delay()
        if delay > 0:
            if due:
                yield due
            due = []
            clock.wait(delay)
        due.append(event)
    yield due
