"""The last micro-batches."""

import streamlit as st

from case_count import UNKNOWN
from dashboard import words
from dashboard.panels.table import Column, table
from dashboard.reading import Stored

_COLUMNS = (
    Column("Time (UTC)"),
    Column("Posts", is_number=True),
    Column("Dead letters", is_number=True),
    Column("Duplicates", is_number=True, is_wide=True),
    Column("Took", is_number=True, is_wide=True),
    Column("Lag", is_number=True),
    Column("Cases", is_number=True, is_wide=True),
)


def last_batches(stored: Stored) -> None:
    """A line for each, the newest first."""
    st.subheader("Last batches", anchor=False)
    table(
        _COLUMNS,
        [
            (
                words.short(batch["timestamp"]),
                words.number(batch["posts"]),
                words.number(batch["dead_letters"]),
                words.number(batch["duplicates"]),
                words.seconds(batch.get("seconds")),
                words.seconds(batch.get("lag_seconds")),
                words.number(None if batch["total_case_count"] == UNKNOWN else batch["total_case_count"]),
            )
            for batch in stored.last_batches
        ],
    )
