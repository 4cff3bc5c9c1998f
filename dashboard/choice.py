"""What the viewer chooses: a job and a time range, both in the page's address, so that a link shows the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import streamlit as st

from dashboard.queries.asked import Asked

RANGES = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "all": None,
    "own": None,
}
DEFAULT_RANGE = "1h"
_NAMES = {
    "15m": "15 min",
    "1h": "1 h",
    "6h": "6 h",
    "24h": "24 h",
    "all": "All",
    "own": "Own",
}
_FRESH_SECONDS = 5
_LONG_SECONDS = 30


@dataclass(frozen=True)
class Choice:
    """A job and a range: a key of `RANGES`, and the ends of an own one (UTC, either may be open)."""

    job: str
    range: str
    since: datetime | None = None
    until: datetime | None = None

    @property
    def refresh_seconds(self) -> int:
        """How often it is read: a long range is more work for the server, and one more batch changes it less."""
        return _LONG_SECONDS if RANGES[self.range] is None else _FRESH_SECONDS

    def turn(self, now: datetime) -> int:
        """The number of the time between two readings: who asks in the same one may be given the same."""
        return int(now.timestamp() // self.refresh_seconds)

    def asked(self, now: datetime) -> Asked:
        """What to ask of the database at that time; the same through a whole turn."""
        length = RANGES[self.range]
        if length is None:
            return Asked(self.job, self.since, self.until)
        return Asked(self.job, datetime.fromtimestamp(self.turn(now) * self.refresh_seconds, UTC) - length)


def choose(jobs: Sequence[str]) -> Choice | None:
    """The controls; None where the address names a job that there is not. jobs: the default one first."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title("casestream", width="stretch")
        job = _job(jobs)
        chosen = st.segmented_control(
            "Time range",
            list(RANGES),
            default=DEFAULT_RANGE,
            required=True,
            format_func=_NAMES.__getitem__,
            key="range",
            bind="query-params",
        )
        since, until = _own_range() if chosen == "own" else (None, None)
    if job is None:
        st.info("Choose a job: the one that this address names is not in the database.")
        return None
    return Choice(job, chosen, since, until)


def _job(jobs: Sequence[str]) -> str | None:
    """Always in the address, not only where it is no default: the default job is another one tomorrow."""
    names, asked = sorted(jobs), st.query_params.get("job", jobs[0])
    job = st.selectbox("Job", names, index=names.index(asked) if asked in names else None, key="job", width=260)
    if job is not None:
        st.query_params["job"] = job
    return job


def _own_range() -> tuple[datetime | None, datetime | None]:
    ends = (
        st.datetime_input(label, None, key=key, bind="query-params", width=200, format="YYYY-MM-DD")
        for key, label in (("from", "From (UTC)"), ("to", "To (UTC)"))
    )
    since, until = (end.replace(tzinfo=UTC) if end else None for end in ends)
    return since, until
