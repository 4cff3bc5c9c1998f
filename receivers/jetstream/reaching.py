"""Connecting, for as long as it takes."""

import threading
from collections.abc import Callable

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from clock import Clock
from receivers.jetstream.connection import Connection, Ended

_FIRST_SECONDS, _LONGEST_SECONDS = 0.25, 30.0


def reach(
    connect: Callable[[], Connection],
    failed: Callable[[str], None],
    clock: Clock,
    stopping: threading.Event,
    limit_seconds: float | None,
) -> Connection | None:
    """A connection, with a pause between two tries that grows to half a minute; None when the job is to stop.

    connect: one try; failed: is told why it came to nothing. Raises Ended after limit_seconds without success.
    """
    began = clock.monotonic()

    def is_enough(_: RetryCallState) -> bool:
        return stopping.is_set() or (limit_seconds is not None and clock.monotonic() - began >= limit_seconds)

    def tell(attempt: RetryCallState) -> None:
        failed(str(attempt.outcome.exception()) if attempt.outcome is not None else "")

    def wait(seconds: float) -> None:
        clock.wait(stopping, seconds)

    if stopping.is_set():
        return None
    retrying = Retrying(
        retry=retry_if_exception_type(Ended),
        wait=wait_random_exponential(multiplier=_FIRST_SECONDS, max=_longest_pause(limit_seconds)),
        stop=is_enough,
        sleep=wait,
        before_sleep=tell,
        reraise=True,
    )
    try:
        return retrying(connect)
    except Ended:
        if stopping.is_set():
            return None
        raise


def _longest_pause(limit_seconds: float | None) -> float:
    """Who gives up some day tries more often."""
    return _LONGEST_SECONDS if limit_seconds is None else min(_LONGEST_SECONDS, max(_FIRST_SECONDS, limit_seconds / 20))
