"""The case count, and how old it is: the number looks newer than it is."""

from datetime import timedelta
from typing import Any

import streamlit as st

from case_count import UNKNOWN
from dashboard import words
from dashboard.reading import Reading, Stored

_MEANS = {
    "live": "read from the provider's page for the last batch",
    "cached": "the page could not be read for the last batch: this is the last good number",
    "unparsed": "the provider's page was read and holds no such number",
    "never": "the provider's page could not be read, and never was",
    "none": "the job was told to take no count",
}
_COLORS = {"live": "green", "cached": "orange", "unparsed": "red", "never": "red", "none": "gray"}
_FLAGS = {
    "stale": "the number is old, or has been the same for long",
    "fell": "it is less than the number before it",
    "jumped": "it is ten times the number before it, or more, or a tenth of it, or less",
}
_OLD = timedelta(days=7)


def case_count(reading: Reading, stored: Stored) -> None:
    """The number of the newest batch in the range, its status, and its age in words."""
    newest = stored.last_batches[0]
    total, count = newest["total_case_count"], newest["case_count"]
    with st.container(border=True, key="case-count"):
        st.metric(
            "Coronavirus cases, world-wide, ever",
            "not known" if total == UNKNOWN else words.number(total),
            width="stretch",
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(count["status"], color=_COLORS[count["status"]])  # type: ignore[arg-type]
            _age(count, reading)
            for flag in _known_flags(count):
                st.badge(flag, color="orange", icon=":material/flag:")
        st.text("\n".join(_words(count)))


def _words(count: dict[str, Any]) -> list[str]:
    flags = [f"{flag}: {_FLAGS[flag]}." for flag in _known_flags(count)]
    return [f"{count['provider']}: {_MEANS[count['status']]}.", *flags]


def _known_flags(count: dict[str, Any]) -> list[str]:
    """Batches of before there were flags have none."""
    return [flag for flag in _FLAGS if flag in (count.get("flags") or ())]


def _age(count: dict[str, Any], reading: Reading) -> None:
    as_of = count["as_of"]
    if as_of is None:
        return
    age = reading.at - as_of
    st.badge(
        f"as of {words.day(as_of)}: {words.duration(age)} old",
        color="orange" if age > _OLD else "gray",
        icon=":material/history:" if age > _OLD else None,
    )
