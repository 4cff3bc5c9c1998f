"""When the next event is due: evenly, or life-like."""

import math
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Protocol

TIDE_SECONDS = 300.0
TIDE_HEIGHT = 0.6
"""Share of the mean rate by which the tide rises and falls."""

FORGIVEN_SECONDS = 0.25
"""A player that is later than this was held up (no client, a slow one): it goes on at its rate, without a burst."""


class Clock(Protocol):
    """Seconds of a clock that never goes back, and a way to let them pass."""

    def now(self) -> float: ...

    def wait(self, seconds: float) -> None: ...


class Pace:
    """The moments at which events are due, on a given clock, from the first question on.

    A lateness of up to `FORGIVEN_SECONDS` is caught up, so that the mean rate holds.
    """

    def __init__(self, arrivals: Iterator[float], clock: Clock) -> None:
        """`arrivals`: seconds after the start, rising, without end (`even`, `uneven`)."""
        self._arrivals = arrivals
        self._clock = clock
        self._start: float | None = None

    def delay(self) -> float:
        """Take the next event: seconds until it is due, 0 if it already is."""
        now = self._clock.now()
        start = now if self._start is None else self._start
        early = start + next(self._arrivals) - now
        self._start = start - early if early < -FORGIVEN_SECONDS else start
        return max(early, 0.0)


def even(rate: float) -> Iterator[float]:
    """Arrivals at equal distances, `rate` a second; 0: all at once."""
    return (number / rate if rate else 0.0 for number in count())


def uneven(rate: float, random: Random) -> Iterator[float]:
    """Random arrivals (a Poisson process) on a slow tide: over each whole tide `rate` a second on average, above 0.

    Thinning (Lewis and Shedler, 1979): draw at the highest rate, keep each with the probability that its moment has.
    """
    highest = rate * (1 + TIDE_HEIGHT)
    moment = 0.0
    while True:
        moment += random.expovariate(highest)
        if random.random() * highest < rate * tide(moment):
            yield moment


def tide(moment: float) -> float:
    """The rate at `moment` (seconds), as a multiple of its mean."""
    return 1 + TIDE_HEIGHT * math.sin(2 * math.pi * moment / TIDE_SECONDS)
