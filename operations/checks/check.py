"""What a check is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from operations.checks.result import Result
from operations.checks.subject import Subject

Look = Callable[[Subject], Iterator[Result]]


@dataclass(frozen=True)
class Check:
    """A name for people and programs, and how to look.

    look: yields a result for each line, one in most cases, and changes nothing that a running job uses. It raises what
    the job itself would end with, an errors.JobError: that is a failed result of the same words. Called in a thread of
    its own, beside others. needs: names of the checks without whose success this one has nothing to look at.
    """

    name: str
    look: Look
    needs: tuple[str, ...] = ()
