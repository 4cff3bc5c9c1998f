"""What did not become a post: dead letters by reason, and the times in which the feed was not heard."""

import streamlit as st

from dashboard import words
from dashboard.panels.table import Column, table
from dashboard.reading import Reading
from ledger.losses import MOST_GAPS, MOST_LETTERS, Gap

_MEANS = {
    "not_utf8": "is not UTF-8",
    "too_long": "is longer than a job accepts",
    "not_json": "begins like JSON, and is cut off or broken",
    "no_text": "is a post without a text",
    "bad_field": "has a field that cannot be what it says",
    "not_a_post": "is JSON of another kind",
}
_REASONS = (
    Column("The event …"),
    Column("Reason", is_wide=True),
    Column("Dead letters", is_number=True),
    Column("Waiting", is_number=True),
)
_GAPS = (
    Column("From (UTC)"),
    Column("To (UTC)"),
    Column("Lasted"),
    Column("Cause"),
    Column("Afterwards"),
)
_RECOVERED = {"lost": "lost", "backfilled": "repeated by the feed", "replayed": "read again"}


def dead_letters(reading: Reading) -> None:
    """How many events are no posts, and why; what to do about it."""
    st.subheader("Dead letters", anchor=False)
    if not reading.reasons:
        st.text("None: every event that was received in the range is a post.")
        return
    table(
        _REASONS,
        [
            (_MEANS[each.problem], each.problem, *map(words.number, (each.letters, each.waiting)))
            for each in reading.reasons
        ],
    )
    if sum(each.letters for each in reading.reasons) == MOST_LETTERS:
        st.caption(f"Of {MOST_LETTERS:,} dead letters; the range has more.")
    if sum(each.waiting for each in reading.reasons):
        st.caption("Nothing is lost: their bytes are kept. When the reason is gone, this says what would become posts:")
        st.code(f"manage.py requeue --jobname {reading.asked.job}", language=None, wrap_lines=True)


def gaps(reading: Reading) -> None:
    """Each time in which the feed was not heard; one that goes on stands out."""
    st.subheader("Gaps", anchor=False)
    if not reading.gaps:
        st.text("None: the feed was heard all the time.")
        return
    lasting = [number for number, gap in enumerate(reading.gaps) if gap.until is None]
    table(_GAPS, [_row(gap, reading) for gap in reading.gaps], strong=lasting)
    if len(reading.gaps) == MOST_GAPS:
        st.caption(f"The newest {MOST_GAPS} of the range.")


def _row(gap: Gap, reading: Reading) -> tuple[str, ...]:
    return (
        words.short(gap.since),
        words.short(gap.until) if gap.until else "goes on",
        words.duration((gap.until or reading.at) - gap.since),
        gap.cause,
        _RECOVERED[gap.recovered] if gap.until else "not known yet",
    )
