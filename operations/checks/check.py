"""What a check is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from operations.checks.result import Result
from operations.checks.subject import Subject
from processors.base import StreamProcessor
from receivers.base import Receiver

Look = Callable[[Subject], Iterator[Result]]


@dataclass(frozen=True)
class Check:
    """A name for people and programs, and how to look.

    look: yields a result for each line, one in most cases, and changes nothing that a running job uses. It raises what
    the job itself would end with, an errors.JobError: that is a failed result of the same words. Called in a thread of
    its own, beside others. needs: names of the checks without whose success this one has nothing to look at; "settings"
    is among them, or among theirs, where there is an `only_for`: the class of the processors, or of the receivers, of
    whose sources this is, None: of all.
    """

    name: str
    look: Look
    needs: tuple[str, ...] = ()
    only_for: type[StreamProcessor] | type[Receiver] | None = None
