"""What the notebook shades in its pictures: its own cell, on gaps that are told."""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib import pyplot as plt

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "first_look.ipynb"
END = pd.Timestamp("2026-11-20T12:10Z")
MINUTE = pd.Timedelta("1min")


@pytest.fixture
def functions() -> dict[str, Any]:
    """Those of the cell that has `shade`."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    (source,) = [text for cell in cells if "def shade(" in (text := "".join(cell["source"]))]
    found: dict[str, Any] = {"pd": pd, "plt": plt}
    exec(source, found)
    return found


@pytest.mark.parametrize(
    ("since", "until", "texts"),
    [
        (-5.0, -3.0, ["not heard\n2.0 min"]),
        (-2.5, None, ["not heard\n2.5 min"]),
        (0.5, None, []),
        (0.5, 1.5, ["not heard\n1.0 min"]),
    ],
)
def test_a_gap_that_begins_behind_the_last_post_is_not_shaded_backwards(
    functions: dict[str, Any], since: float, until: float | None, texts: list[str]
) -> None:
    mpl.use("agg")
    to = pd.NaT if until is None else END + until * MINUTE
    gaps = pd.DataFrame(
        {"job": ["covid"], "from": [END + since * MINUTE], "to": pd.Series([to], dtype="datetime64[ns, UTC]")}
    )
    figure, axes = plt.subplots()
    functions["shade"](axes, gaps, END)
    assert [text.get_text() for text in axes.texts] == texts
    assert len(axes.patches) == len(texts)
    plt.close(figure)
