"""The picture of a comparison."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from bench.pictures.look import OTHERS, OURS, open_frame, save


def draw(rates: dict[str, dict[str, Any]], titles: dict[str, str], caption: str, file: Path) -> None:
    """A bar for each median, on a logarithmic scale, with a line from the lowest to the highest."""
    names = sorted(rates, key=lambda name: float(rates[name]["median"]))
    medians = [rates[name]["median"] for name in names]
    spreads = [
        [rates[name]["median"] - rates[name]["min"] for name in names],
        [rates[name]["max"] - rates[name]["median"] for name in names],
    ]
    figure = Figure(figsize=(9, 0.45 * len(names) + 1.8), layout="constrained")
    axes = figure.subplots()
    colours = [OURS if name.startswith("casestream") else OTHERS for name in names]
    axes.barh([titles.get(name, name) for name in names], medians, xerr=spreads, color=colours, capsize=3)
    for place, median in enumerate(medians):
        axes.annotate(f" {median:,.0f}", (median, place), va="center", xytext=(12, 0), textcoords="offset points")
    axes.set_xscale("log")
    axes.set_xlim(right=max(medians) * 3)
    axes.set_xlabel("events per second, median of the runs (logarithmic)")
    open_frame(axes)
    save(figure, caption, file)
