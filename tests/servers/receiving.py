"""A receiver while it runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from errors import CannotStart
from receivers.base import Receiver
from tests.servers.heard import BOUND_SECONDS

Kind = TypeVar("Kind", bound=Receiver)


@contextmanager
def running(receiver: Kind) -> Iterator[Kind]:
    """It listens until the block ends; then it must have stopped when it was told to, and not before."""
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop(BOUND_SECONDS)
        assert receiver.is_over
    assert receiver.failure is None


def to_its_end(receiver: Kind) -> Kind:
    """It ends by itself; how is for the caller to look at."""
    receiver.start()
    receiver._thread.join(BOUND_SECONDS)
    assert receiver.is_over
    return receiver


def refusal_of(receiver: Receiver) -> str:
    """What one that cannot start says."""
    failure = to_its_end(receiver).failure
    assert isinstance(failure, CannotStart), failure
    return str(failure)
