"""Connecting, for as long as it takes."""

import math
import threading
from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from clock import Clock

_FIRST_SECONDS, _LONGEST_SECONDS = 0.25, 30.0

Connection = TypeVar("Connection")
Failure = TypeVar("Failure", bound=Exception)
Pause = Callable[[RetryCallState], float]


def reach(
    connect: Callable[[], Connection],
    failed: Callable[[Failure, float], None],
    errors: tuple[type[Failure], ...],
    clock: Clock,
    stopping: threading.Event,
    limit_seconds: float | None,
    pause: Pause | None = None,
) -> Connection | None:
    """A connection, with a pause between two tries that grows to half a minute; None when the job is to stop.

    connect: one try; errors: by what it says that it came to nothing; failed: is told that error, and the seconds until
    the next try; pause: these seconds, where the growing pause is not the right one. Raises the last of the errors when
    limit_seconds are over without success; what is none of them at once.
    """
    began, limit = clock.monotonic(), math.inf if limit_seconds is None else limit_seconds

    def tell(attempt: RetryCallState) -> None:
        if isinstance(error := error_of(attempt), errors):
            failed(error, attempt.next_action.sleep if attempt.next_action else 0)

    def wait(seconds: float) -> None:
        clock.wait(stopping, seconds)

    if stopping.is_set():
        return None
    retrying = Retrying(
        retry=retry_if_exception_type(errors),
        wait=pause or wait_random_exponential(multiplier=_FIRST_SECONDS, max=_longest_pause(limit)),
        stop=lambda _: stopping.is_set() or clock.monotonic() - began >= limit,
        sleep=wait,
        before_sleep=tell,
        reraise=True,
    )
    try:
        return retrying(connect)
    except errors:
        if stopping.is_set():
            return None
        raise


def error_of(attempt: RetryCallState) -> BaseException | None:
    """Why a try came to nothing."""
    return attempt.outcome.exception() if attempt.outcome else None


def _longest_pause(limit_seconds: float) -> float:
    """Who gives up some day tries more often."""
    return min(_LONGEST_SECONDS, max(_FIRST_SECONDS, limit_seconds / 20))
