"""Posts and lag over time, the times in which the feed was not heard shaded."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import altair as alt
import pandas as pd
import streamlit as st

from dashboard import words
from dashboard.queries.batches import Series
from dashboard.reading import Reading, Stored
from ledger.losses import Gap

_BLUE, _RED, _TEAL = "#3b82f6", "#ef4444", "#14b8a6"
_HEIGHT = 240
_HOURS_SHOWN = timedelta(hours=36)
"""A longer range has days below its axis."""
_FEW = 40
"""A line of so few points has dots: of one alone nothing else is seen."""
_TIME_FORMAT = "%Y-%m-%d %H:%M:%S UTC"


def posts_per_batch(reading: Reading, stored: Stored) -> None:
    """A bar for each micro-batch, or for each piece of time where they are many."""
    series = stored.series
    per = _per(series)
    st.subheader(f"Posts per {per}", anchor=False)
    frame = _frame(series)
    bars = (
        alt.Chart(frame)
        .mark_rect(color=_BLUE)
        .encode(
            x="begin:T",
            x2="end",
            y2="zero",
            y=alt.Y("posts", title=f"posts per {per}", axis=alt.Axis(format=",d", tickMinStep=1)),
            tooltip=[_when(), alt.Tooltip("posts", format=",d")],
        )
    )
    most = max(series.times, key=lambda time: time.posts)
    about = f"At most {most.posts:,} posts, at {words.moment(most.begin)}."
    _draw(bars, reading, series, about)


def lag(reading: Reading, stored: Stored) -> None:
    """How old the newest post of a batch was when all of the batch was stored."""
    series = stored.series
    st.subheader("Lag", anchor=False)
    about = "Seconds from the arrival of a batch's newest post until all of the batch was stored"
    frame = _frame(series).dropna(subset=["lag"])
    line = (
        alt.Chart(frame)
        .mark_line(color=_TEAL, interpolate="step-after", strokeWidth=1.5, point=len(frame) <= _FEW)
        .encode(
            x="begin:T",
            y=alt.Y("lag", title="seconds", scale=alt.Scale(zero=True)),
            tooltip=[_when(), alt.Tooltip("lag", format=",.1f", title="lag, seconds")],
        )
    )
    longest = "; the longest of each time" if series.step_seconds else ""
    last = next((time.lag_seconds for time in reversed(series.times) if time.lag_seconds is not None), None)
    _draw(line, reading, series, f"{about}{longest}. The last: {words.seconds(last)}.")


def _draw(marks: alt.Chart, reading: Reading, series: Series, about: str) -> None:
    begin, end = _domain(reading, series)
    shades = [_shades(rows)] if (rows := shaded(reading.gaps, begin, end, reading.at)) else []
    st.caption(about + (" Shaded: the feed was not heard." if shades else ""))
    layers = alt.layer(_time_axis(begin, end), *shades, marks)
    st.altair_chart(layers.properties(height=_HEIGHT), theme="streamlit", alt=about)


def shaded(gaps: Sequence[Gap], begin: datetime, end: datetime, now: datetime) -> list[dict[str, object]]:
    """What of each gap lies between begin and end: of an open range that is from its first batch to its last one.

    A row for each that does: begin, end (UTC; an open gap ends now), cause, lasted (of the whole gap, in words).
    """
    return [
        _shade(gap, begin, end, now) for gap in gaps if gap.since < end and (gap.until is None or gap.until > begin)
    ]


def _shades(rows: list[dict[str, object]]) -> alt.Chart:
    tooltip = [alt.Tooltip("cause"), alt.Tooltip("lasted", title="not heard for")]
    shades = alt.Chart(pd.DataFrame(rows)).mark_rect(color=_RED, opacity=0.18)
    drawn: alt.Chart = shades.encode(x="begin:T", x2="end", tooltip=tooltip)
    return drawn


def _shade(gap: Gap, begin: datetime, end: datetime, now: datetime) -> dict[str, object]:
    until = gap.until or now
    return {
        "begin": max(gap.since, begin),
        "end": min(until, end),
        "cause": gap.cause,
        "lasted": words.duration(until - gap.since),
    }


def _frame(series: Series) -> pd.DataFrame:
    rows = [(time.begin, time.end, 0, time.posts, time.lag_seconds) for time in series.times]
    return pd.DataFrame(rows, columns=["begin", "end", "zero", "posts", "lag"])


def _time_axis(begin: datetime, end: datetime) -> alt.Chart:
    """Two points that nobody sees, at the ends of the range: all of it is drawn, also where nothing happened."""
    axis = alt.Axis(format="%H:%M" if end - begin <= _HOURS_SHOWN else "%-d %b", labelOverlap=True, grid=False)
    time = alt.X("begin:T", scale=alt.Scale(type="utc", nice=False), title="time, UTC", axis=axis)
    ends: alt.Chart = alt.Chart(pd.DataFrame({"begin": [begin, end]})).mark_point(opacity=0).encode(x=time)
    return ends


def _domain(reading: Reading, series: Series) -> tuple[datetime, datetime]:
    """The range; where it is open, from the first batch on, or up to the last one, and now if the range is of now."""
    begin = reading.asked.since or series.times[0].begin
    is_of_now = reading.asked.since is not None and reading.asked.until is None
    end = reading.asked.until or (reading.at if is_of_now else series.times[-1].end)
    return begin, max(end, begin + timedelta(seconds=1))


def _when() -> alt.Tooltip:
    return alt.Tooltip("begin:T", title="time", format=_TIME_FORMAT, formatType="utc")


def _per(series: Series) -> str:
    return words.duration(timedelta(seconds=series.step_seconds)) if series.step_seconds else "batch"
