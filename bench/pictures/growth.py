"""The picture of how it grows."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.model import Model
from bench.pictures.look import OTHERS, OURS, open_frame, save

Series = Mapping[int, float]


def draw(seconds: Series, model: Model, rates: Mapping[str, Series], caption: str, file: Path) -> None:
    """Above, over the posts of a batch, its seconds and the posts a second; below, posts a second over all else.

    seconds: by the posts of a batch; rates: posts a second by the values of three things that were varied, by name.
    """
    figure = Figure(figsize=(9, 6.4), layout="constrained")
    panels = figure.subplot_mosaic("SSSRRR;AABBCC", height_ratios=(3, 2))
    _over_posts(panels["S"], "seconds a batch", seconds, model.seconds)
    panels["S"].legend(frameon=False)
    rate = {posts: posts / each for posts, each in seconds.items()}
    _over_posts(panels["R"], "posts a second", rate, lambda posts: posts / model.seconds(posts))
    highest = max(max(series.values()) for series in rates.values())
    for panel, (what, series) in zip("ABC", rates.items(), strict=True):
        _bars(panels[panel], what, series, highest)
    panels["A"].set_ylabel("posts a second")
    save(figure, caption, file)


def _over_posts(axes: Axes, title: str, measured: Series, fitted: Callable[[float], float]) -> None:
    posts = np.geomspace(min(measured), max(measured), 200)
    axes.plot(posts, [fitted(each) for each in posts], color=OTHERS, label="fixed + posts × cost, fitted")
    axes.plot(list(measured), list(measured.values()), "o", color=OURS, label="measured")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_title(title)
    axes.set_xlabel("posts a batch")
    axes.grid(which="major", color=OTHERS, alpha=0.3)
    open_frame(axes)


def _bars(axes: Axes, what: str, series: Series, highest: float) -> None:
    bars = axes.bar([str(value) for value in series], list(series.values()), color=OURS)
    axes.bar_label(bars, [f"{rate / 1000:,.1f}k" for rate in series.values()], fontsize=8)
    axes.set_ylim(top=1.15 * highest)
    axes.set_xlabel(what)
    open_frame(axes)
