"""What is shaded below the bars is time of the chart in which the feed was not heard, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.panels.activity import shaded
from ledger.losses import Gap

HOUR = timedelta(hours=1)
BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)
END, NOW = BEGIN + 3 * HOUR, BEGIN + 30 * HOUR


def gap(since: float, until: float | None) -> Gap:
    """In hours from the chart's begin on."""
    return Gap(BEGIN + since * HOUR, None if until is None else BEGIN + until * HOUR, "the peer hung up", "lost")


@pytest.mark.parametrize(
    ("given", "begin", "end", "lasted"),
    [
        (gap(1, 2), 1, 2, "1 hour"),
        (gap(-1, 1), 0, 1, "2 hours"),
        (gap(2, 5), 2, 3, "3 hours"),
        (gap(2, None), 2, 3, "1 day 4 hours"),
    ],
)
def test_a_gap_is_cut_at_the_chart_s_ends_and_says_how_long_it_is(
    given: Gap, begin: float, end: float, lasted: str
) -> None:
    (shade,) = shaded([given], BEGIN, END, NOW)
    assert shade == {
        "begin": BEGIN + begin * HOUR, "end": BEGIN + end * HOUR, "cause": "the peer hung up", "lasted": lasted
    }  # fmt: skip


@pytest.mark.parametrize("given", [gap(-2, -1), gap(4, 5), gap(4, None), gap(-1, 0), gap(3, None)])
def test_a_gap_outside_of_the_chart_shades_none_of_it(given: Gap) -> None:
    assert shaded([given], BEGIN, END, NOW) == []
