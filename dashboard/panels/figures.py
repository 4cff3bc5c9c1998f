"""The range in figures."""

import streamlit as st

from dashboard import words
from dashboard.reading import Stored


def figures(stored: Stored) -> None:
    """Sums over the range, a card each."""
    totals = stored.totals
    cards = {
        "Posts": words.number(totals.posts),
        "Batches": words.number(totals.batches),
        "Lag of the last batch": words.seconds(stored.last_batches[0].get("lag_seconds")),
        "Dead letters": words.number(totals.dead_letters),
        "Duplicates dropped": words.number(totals.duplicates),
        "Longest lag": words.seconds(totals.lag_seconds),
    }
    with st.container(key="figures"):
        for label, value in cards.items():
            st.metric(label, value, border=True)
