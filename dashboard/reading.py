"""All that a page shows, read at one time and kept for a moment: ten viewers of the same ask MongoDB once."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pymongo
import streamlit as st
from pymongo.database import Database

from dashboard.queries.batches import Series, Totals, last_batches, series, totals
from dashboard.queries.posts import Counted, counted, latest_posts
from ledger.asked import Asked
from ledger.health import Health, health, jobs
from ledger.losses import Gap, Reason, gaps, reasons

READ_SECONDS = 20.0
_KEPT_SECONDS = 60
_MOST_KEPT = 64


@dataclass(frozen=True)
class Stored:
    """What the micro-batches of the range hold; for the two lists see the functions of their names in `queries`."""

    totals: Totals
    series: Series
    last_batches: list[dict[str, Any]]
    latest_posts: list[dict[str, Any]]
    counted: Counted


@dataclass(frozen=True)
class Reading:
    """What was asked, when it was read (UTC), and what was found; stored is None where the range holds nothing."""

    asked: Asked
    at: datetime
    jobs: tuple[str, ...]
    health: Health
    stored: Stored | None
    reasons: tuple[Reason, ...]
    gaps: tuple[Gap, ...]


@st.cache_data(ttl=_KEPT_SECONDS, max_entries=_MOST_KEPT, show_spinner=False)
def read(_database: Database[dict[str, Any]], asked: Asked, turn: int) -> Reading:  # noqa: ARG001 - the cache's key
    """Ask everything, within `READ_SECONDS`; who asks in the same turn is told the same. Raises pymongo's errors."""
    with pymongo.timeout(READ_SECONDS):
        found = totals(_database, asked)
        now = datetime.now(UTC)
        return Reading(
            asked,
            now,
            jobs(_database),
            health(_database, asked.job, now),
            _stored(_database, asked, found) if found else None,
            reasons(_database, asked),
            gaps(_database, asked),
        )


def _stored(database: Database[dict[str, Any]], asked: Asked, found: Totals) -> Stored:
    return Stored(
        found,
        series(database, asked, found),
        last_batches(database, asked),
        latest_posts(database, asked),
        counted(database, asked),
    )
