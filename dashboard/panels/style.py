"""The few rules of CSS that Streamlit's own theme does not have; colours follow it, light or dark."""

import streamlit as st

_RULES = """
<style>
.st-key-figures { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); }
.stMainBlockContainer { padding: 2rem clamp(1rem, 3vw, 3rem) 4rem; max-width: 1500px; }
.stHtml table { width: 100%; border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
.stHtml th { text-align: left; font-weight: 600; opacity: .65; font-size: .8rem; white-space: nowrap; }
.stHtml th, .stHtml td { padding: .35rem .6rem .35rem 0; border: 0; border-bottom: 1px solid rgba(128, 128, 128, .2);
  vertical-align: top; overflow-wrap: anywhere; }
.stHtml tr:last-child td { border-bottom: 0; }
.stHtml .number { text-align: right; white-space: nowrap; padding-left: .6rem; padding-right: 0; }
.stHtml .strong td { font-weight: 600; }
.stHtml .bar { min-width: 3.5rem; width: 45%; vertical-align: middle; padding: 0 0 0 .8rem; }
.stHtml .bar i { display: block; height: .55rem; border-radius: 2px; background: #3b82f6; opacity: .75; }
[class*="st-key-post-"] .stText { overflow-wrap: anywhere; white-space: pre-wrap; }
[class*="st-key-about-"] { opacity: .65; font-size: .8rem; }
/* Streamlit dims what is about to be drawn anew: of a page that reads by itself every few seconds, all of it. */
[data-stale="true"] { opacity: 1 !important; transition: none !important; }
@media (max-width: 640px) {
  .stHtml .wide { display: none; }
  .st-key-figures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
</style>
"""


def style() -> None:
    """Put the rules into the page; it takes no room."""
    st.html(_RULES)
