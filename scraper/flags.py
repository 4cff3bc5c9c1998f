"""Why a number should not be trusted: it is old, it went down, or it is of another size than the one before."""

from datetime import datetime, timedelta

from case_count import Flag, Standing

JUMP = 10
"""So many times the number before it, or such a part of it, is a jump."""


def flags(standing: Standing, *, now: datetime, stale_after: timedelta) -> tuple[Flag, ...]:
    """In this order, each where it holds:

    - stale: the data's own time of the number is longer ago than `stale_after`; where they give none, the same number
      has been read for so long.
    - fell: it is less than the number that it followed. Cumulative numbers do not go down, but corrections do.
    - jumped: it is ten times that number or more, or a tenth of it or less.

    A flag stays for as long as its number does. The number is what was published all the same, and the next one is
    measured by it: after a jump there and back, both steps are flagged, since nobody here knows which of two numbers is
    right.
    """
    value, before = standing.reading.value, standing.before
    found: list[Flag] = []
    if now - (standing.reading.as_of or standing.since) > stale_after:
        found.append("stale")
    if before is not None and value < before:
        found.append("fell")
    if before and (value >= before * JUMP or value * JUMP <= before):
        found.append("jumped")
    return tuple(found)
