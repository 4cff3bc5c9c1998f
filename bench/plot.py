"""The picture of a comparison."""

import textwrap
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

_OURS, _OTHERS = "#0b6e4f", "#9aa5b1"


def bars(rates: dict[str, dict[str, Any]], titles: dict[str, str], caption: str, file: Path) -> None:
    """A bar for each median, on a logarithmic scale, with a line from the lowest to the highest."""
    names = sorted(rates, key=lambda name: float(rates[name]["median"]))
    medians = [rates[name]["median"] for name in names]
    spreads = [
        [rates[name]["median"] - rates[name]["min"] for name in names],
        [rates[name]["max"] - rates[name]["median"] for name in names],
    ]
    figure, axes = plt.subplots(figsize=(9, 0.45 * len(names) + 1.8), layout="constrained")
    colours = [_OURS if name.startswith("casestream") else _OTHERS for name in names]
    axes.barh([titles.get(name, name) for name in names], medians, xerr=spreads, color=colours, capsize=3)
    for place, median in enumerate(medians):
        axes.annotate(f" {median:,.0f}", (median, place), va="center", xytext=(12, 0), textcoords="offset points")
    axes.set_xscale("log")
    axes.set_xlim(right=max(medians) * 3)
    axes.set_xlabel("events per second, median of the runs (logarithmic)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.supxlabel("\n".join(textwrap.wrap(caption, 110)), fontsize=7, color="#52606d")
    figure.savefig(file, dpi=130)
    plt.close(figure)
