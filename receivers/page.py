"""One answer of a feed that is polled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from receivers.outage import NOBODY


@dataclass(frozen=True)
class Page:
    """What one answer holds.

    events: oldest first; what is no whole event too, which becomes a dead letter. place: behind the last of them, where
    the next request goes on; None: where this one did. has_more: whether more can be had at once. lost_until: where the
    feed has no more kept all that came after the place that was asked for, when the oldest that it still has was said
    (aware); None where nothing is missing.
    """

    events: Sequence[bytes]
    place: str | None = None
    has_more: bool = False
    lost_until: datetime | None = None


class NoPage(Exception):
    """No page came. kind: of the reason, see `receivers.outage`; seconds: for which the feed asks to be left alone."""

    def __init__(self, why: str, kind: str = NOBODY, seconds: float = 0) -> None:
        super().__init__(why)
        self.kind = kind
        self.seconds = seconds
