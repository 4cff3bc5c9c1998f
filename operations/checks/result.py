"""What a check says: a mark, what it saw, and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """How something stands. SKIPPED: it does not apply, or could not be looked at."""

    OK = "ok"
    FAILED = "failed"
    WARNING = "warning"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Result:
    """One line. said: what was seen. to_do: for who is to put it right; empty where `said` names it, or nothing is."""

    mark: Mark
    said: str
    to_do: str = ""


def ok(said: str) -> Result:
    """It is as it should be."""
    return Result(Mark.OK, said)


def failed(said: str, to_do: str = "") -> Result:
    """A job would not start, or would not do its work."""
    return Result(Mark.FAILED, said, to_do)


def warning(said: str, to_do: str = "") -> Result:
    """A job would run; somebody should know of this."""
    return Result(Mark.WARNING, said, to_do)


def skipped(why: str) -> Result:
    """Nothing was looked at."""
    return Result(Mark.SKIPPED, why)
