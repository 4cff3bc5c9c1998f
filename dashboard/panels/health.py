"""Whether the job runs, and whether it gets on."""

from datetime import timedelta

import streamlit as st

from dashboard import words
from dashboard.choice import Choice
from dashboard.reading import Reading
from ledger.health import Health, Planned

_BADGES = {
    "running": ("Running", "green", ":material/play_arrow:"),
    "stopping": ("Stopping", "blue", ":material/pending:"),
    "stopped": ("Stopped", "gray", ":material/stop:"),
    "silent": ("Silent", "red", ":material/warning:"),
    "unknown": ("No lease", "gray", ":material/help:"),
}
_LATE = 3  # times the usual


def health(reading: Reading, choice: Choice) -> None:
    """The job's state in a line, and when this was read; below, what wants attention."""
    state = reading.health.state
    label, color, icon = _BADGES[state]
    with st.container(horizontal=True, vertical_alignment="center", key="health"):
        st.badge(label, color=color, icon=icon)  # type: ignore[arg-type]
        st.text(" · ".join(_facts(reading)), width="content")
    st.caption(f"Read {words.moment(reading.at)}, again every {choice.refresh_seconds} seconds.")
    if state == "silent":
        st.warning(_silent(reading), icon=":material/warning:")
    if lasting := [gap.since for gap in reading.gaps if gap.until is None]:
        since = words.duration(reading.at - min(lasting))
        st.error(f"The feed has not been heard for {since}, see Gaps below.", icon=":material/hearing_disabled:")
    for planned in reading.health.planned:
        st.info(_begun(planned, reading), icon=":material/hourglass_top:")


def _facts(reading: Reading) -> list[str]:
    found, now = reading.health, reading.at
    facts = [f"on {found.host}"] if found.host else []
    if found.alive_at:
        facts.append(f"alive {words.ago(found.alive_at, now)}")
    if found.committed_at:
        facts.append(f"last batch {words.ago(found.committed_at, now)}{_usually(found)}")
    if _is_late(found, reading):
        facts.append("later than usual: the feed may be quiet")
    return facts


def _usually(found: Health) -> str:
    return f" (usually every {words.duration(timedelta(seconds=found.usual_seconds))})" if found.usual_seconds else ""


def _is_late(found: Health, reading: Reading) -> bool:
    if found.state != "running" or not (found.usual_seconds and found.committed_at):
        return False
    return (reading.at - found.committed_at).total_seconds() > _LATE * found.usual_seconds


def _silent(reading: Reading) -> str:
    alive_at = reading.health.alive_at
    since = f" since {words.moment(alive_at)}" if alive_at else ""
    return f"The job has given no sign of life{since}. If it has died, start it again: it goes on where it was."


def _begun(planned: Planned, reading: Reading) -> str:
    what = "A requeue of dead letters" if planned.is_requeue else f"Micro-batch {planned.number:,}"
    return f"{what} was begun {words.ago(planned.since, reading.at)} and is not stored yet."
