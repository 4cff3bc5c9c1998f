"""One thing that must be well for a job to be ready."""

from typing import NamedTuple


class Check(NamedTuple):
    """name: one of `definitions.CHECKS`. problem: what is wrong, None where it is well."""

    name: str
    problem: str | None
