"""What the posts say: the latest ones, their languages, their hashtags."""

from typing import Any

import streamlit as st

from dashboard import words
from dashboard.panels.table import bars
from dashboard.reading import Stored


def languages(stored: Stored) -> None:
    """How many of the newest posts are in each language, as the network has it."""
    st.subheader("Languages", anchor=False)
    bars("Language", "Posts", [(name or "not given", count) for name, count in stored.counted.languages])
    _of_how_many(stored)


def hashtags(stored: Stored) -> None:
    """In how many of the newest posts each hashtag is."""
    st.subheader("Top hashtags", anchor=False)
    if not stored.counted.hashtags:
        st.text("No post has a hashtag.")
    else:
        bars("Hashtag", "Posts", [(f"#{name}", count) for name, count in stored.counted.hashtags])
    _of_how_many(stored)


def latest_posts(stored: Stored) -> None:
    """Text as it is: nothing in it is read as HTML, Markdown, LaTeX or an emoji's name."""
    st.subheader("Latest posts", anchor=False)
    if not stored.latest_posts:
        st.text("None: no post was stored in the range, or those that were have expired since (RETENTION_DAYS).")
    for number, post in enumerate(stored.latest_posts):
        with st.container(key=f"post-{number}", gap=None):
            with st.container(key=f"about-{number}"):
                st.text(_about(post))
            st.text(post["text"])
            if post["characters"] > len(post["text"]):
                st.caption(f"… {post['characters']:,} characters in all")


def _about(post: dict[str, Any]) -> str:
    author = f"author {post['author']}" if post["author"] else "author not given"
    return " · ".join(filter(None, [f"{words.short(post['created_at'])} UTC", author, post["lang"]]))


def _of_how_many(stored: Stored) -> None:
    counted, of = stored.counted.posts, stored.totals.posts
    st.caption(
        f"Of the newest {counted:,} posts in the range." if counted < of else f"Of all {of:,} posts in the range."
    )
