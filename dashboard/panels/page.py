"""How the panels lie, and the pages that stand in their place where there is nothing to show."""

import streamlit as st

from dashboard import words
from dashboard.choice import Choice
from dashboard.panels.activity import lag, posts_per_batch
from dashboard.panels.batches import last_batches
from dashboard.panels.count import case_count
from dashboard.panels.figures import figures
from dashboard.panels.health import health
from dashboard.panels.losses import dead_letters, gaps
from dashboard.panels.posts import hashtags, languages, latest_posts
from dashboard.reading import Reading, Stored
from errors import FixSettings


def show(reading: Reading, choice: Choice) -> None:
    """Every panel; those of what is stored are left out where the range holds nothing."""
    health(reading, choice)
    if reading.stored is None:
        _nothing_in_range(reading)
    else:
        _stored(reading, reading.stored)
    left, right = st.columns(2, gap="large")
    with left, st.container(key="dead-letters"):
        dead_letters(reading)
    with right, st.container(key="gaps"):
        gaps(reading)


def no_database(why: str, seconds: int) -> None:
    """The database is away, or refuses: why, and in how many seconds the page asks again."""
    st.error("The database cannot be read.", icon=":material/cloud_off:")
    st.text(why)
    _again(seconds)


def nothing_is_stored(database: str, seconds: int) -> None:
    """The database of that name is there, and empty; in how many seconds the page asks again."""
    st.info("Nothing is stored yet, and no job has run.", icon=":material/inbox:")
    st.text(f"The database {database} is there and holds no job. Start one; for the demo, in another terminal:")
    st.code("make run", language=None)
    _again(seconds)


def settings_are_wrong(mistakes: FixSettings) -> None:
    """A person has to change something and start the dashboard again."""
    st.error("The dashboard's settings are wrong. Correct them and start it again.", icon=":material/settings:")
    for line in mistakes.problems:
        st.text(line)


def _stored(reading: Reading, stored: Stored) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        figures(stored)
    with right:
        case_count(reading, stored)
    with st.container(key="posts-per-batch"):
        posts_per_batch(reading, stored)
    left, right = st.columns(2, gap="large")
    with left, st.container(key="lag"):
        lag(reading, stored)
    with right, st.container(key="last-batches"):
        last_batches(stored)
    left, right = st.columns([3, 2], gap="large")
    with left, st.container(key="latest-posts"):
        latest_posts(stored)
    with right, st.container(key="hashtags"):
        hashtags(stored)
    with right, st.container(key="languages"):
        languages(stored)


def _nothing_in_range(reading: Reading) -> None:
    st.info("This job has stored nothing in this time range.", icon=":material/search_off:")
    last = reading.health.committed_at
    if last:
        st.text(f"Its last batch was stored at {words.moment(last)}. Choose a longer range to see it.")
    else:
        st.text("It has stored nothing at all yet: the first batch comes with the first posts.")


def _again(seconds: int) -> None:
    st.caption(f"This page asks again every {seconds} seconds, by itself.")
