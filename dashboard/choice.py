"""What the viewer chooses: a job and a time range, both in the page's address, so that a link shows the same."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import streamlit as st

from ledger.asked import Asked

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
        """From one reading to the next: a long range is more work to the server, and one more batch changes it less."""
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
    """Draw the controls: what they are set to, None where the address names a job that there is not.

    jobs: one at least, the default one first. Writes the choice into the page's address.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title("casestream", anchor=False, width="stretch")
        job, chosen = _job(jobs), _range()
        since, until = (_end("from", "From (UTC)"), _end("to", "To (UTC)")) if chosen == "own" else (None, None)
    if job is None:
        st.info("Choose a job: the one that this address names is not in the database.")
        return None
    ends = {name: f"{end:%Y-%m-%dT%H:%M}" for name, end in (("from", since), ("to", until)) if end}
    st.query_params.from_dict({"job": job, "range": chosen, **ends})
    return Choice(job, chosen, since, until)


def _job(jobs: Sequence[str]) -> str | None:
    asked = st.query_params.get("job", jobs[0])
    st.session_state.setdefault("job", asked if asked in jobs else None)
    first = None if st.session_state["job"] is None else 0
    return st.selectbox("Job", sorted(jobs), index=first, key="job", width=260)


def _range() -> str:
    asked = st.query_params.get("range", DEFAULT_RANGE)
    st.session_state.setdefault("range", asked if asked in RANGES else DEFAULT_RANGE)
    names = list(RANGES)
    chosen = st.segmented_control("Time range", names, required=True, format_func=_NAMES.__getitem__, key="range")
    return chosen or DEFAULT_RANGE


def _end(name: str, label: str) -> datetime | None:
    """One end of an own range; what the address says that is no time is left out."""
    with contextlib.suppress(ValueError):
        asked = st.query_params.get(name)
        st.session_state.setdefault(name, datetime.fromisoformat(asked).replace(tzinfo=None) if asked else None)
    end = st.datetime_input(label, None, key=name, width=200, format="YYYY-MM-DD")
    return end.replace(tzinfo=UTC) if end else None
