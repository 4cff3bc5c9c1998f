"""Where a job is killed: the points, which of them a source has, and the few that a seed chooses."""

import random
from enum import StrEnum


class Point(StrEnum):
    """A moment in the way of an event, in the order in which a job comes to them."""

    MID_SEGMENT = "mid-segment"
    """The receiver has written a part of an event into the open segment."""
    UNNAMED_SEGMENT = "unnamed-segment"
    """The segment is whole and on the disk, under its first name."""
    LOGGED = "logged"
    """Spark has logged the batch's offsets; the batch function has not begun."""
    MEASURED = "measured"
    """The batch is counted; the ledger has no plan."""
    PLANNED = "planned"
    """The ledger has the plan; nothing is written."""
    HALF_STORED = "half-stored"
    """A part of the documents is written."""
    STORED = "stored"
    """Documents and dead letters are written; the ledger does not say so."""
    COMMITTED = "committed"
    """The ledger has committed; Spark has not."""
    ANNOUNCED = "announced"
    """The ledger says which posts are about to go, as the feed asks; they are there."""
    REMOVED = "removed"
    """They are gone; the ledger counts them."""
    ACCOUNTED = "accounted"
    """The ledger counts them no more; what was asked is not called done."""
    LOOKED_FOR = "looked-for"
    """What was asked is called done."""


OF_RECEIVER = (Point.MID_SEGMENT, Point.UNNAMED_SEGMENT)
OF_BATCH = (Point.LOGGED, Point.PLANNED, Point.HALF_STORED, Point.STORED, Point.COMMITTED)
POINTS = {
    "kafka": OF_BATCH,
    "files": OF_BATCH,
    **dict.fromkeys(("socket", "twitter", "bluesky", "mastodon"), OF_RECEIVER + OF_BATCH),
}
MATRIX = [(source, point) for source, points in POINTS.items() for point in points]
_CHOSEN = 3


def chosen(by: int) -> list[tuple[str, Point]]:
    """One point of each of a few sources."""
    chance = random.Random(by)
    return [(source, chance.choice(POINTS[source])) for source in chance.sample(list(POINTS), _CHOSEN)]
