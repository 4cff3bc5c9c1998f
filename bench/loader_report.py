"""bench/results/loader.*: the figures as they are, a table, a picture."""

import json
import statistics
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results")
NAMES = {
    "loader_pandas": "`casestream.load_posts(…)`",
    "loader_arrow": '`casestream.load_posts(…, as_="arrow")`',
    "loader_polars": '`casestream.load_posts(…, as_="polars")`',
    "find": "by hand: `find`, flattened in Python, `pd.DataFrame(rows)`",
    "unwind": '`pd.DataFrame(list(collection.aggregate([…, {"$unwind": "$content"}, {"$project": …}])))`',
    "unwind_objects": "the same without `$project`: each post an object in one column",
}


def write(figures: dict[str, Any]) -> None:
    """All three."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "loader.json").write_text(json.dumps(figures, indent=2) + "\n")
    (RESULTS / "loader.md").write_text(page(figures))
    draw(figures)


def page(figures: dict[str, Any]) -> str:
    """The table."""
    machine, ratios = figures["machine"], figures["ratios"]
    versions = ", ".join(f"{name} {value}" for name, value in machine.items() if name not in ("processor", "cores"))
    pieces = figures["iter_posts"].items()
    load = statistics.mean(run["load"] for runs in figures["runs"].values() for run in runs)
    memory = "; ".join(f"{int(posts):,} posts: {each['peak_megabytes']:.0f} MB" for posts, each in pieces)
    return f"""# {figures["posts"]:,} posts into a table

{figures["date"]}, {machine["processor"]}, {machine["cores"]} cores, {versions}.

The server, of the same machine, is the embedded one; every column; each way in a process of its own, in turn. The load
average was {load:.1f}; the bench itself makes one to two. Made by `python -m bench.loader`.

| way | runs | seconds: least, median, most | most memory of the process, MB |
|---|---|---|---|
{"".join(_row(way, figures["runs"][way]) for way in NAMES)}
`load_posts` into pandas is {ratios["unwind_to_loader_pandas"]} times as fast as `$unwind`, and
{ratios["find_to_loader_pandas"]} times as fast as `find` by hand.

Most memory of a process that goes through `iter_posts`, with pandas, 100,000 rows at a time: {memory}.
"""


def _row(way: str, runs: list[dict[str, Any]]) -> str:
    seconds = [run["seconds"] for run in runs]
    memory = max(run["peak_megabytes"] for run in runs)
    spread = f"{min(seconds):.1f}, **{statistics.median(seconds):.1f}**, {max(seconds):.1f}"
    return f"| {NAMES[way]} | {len(runs)} | {spread} | {memory:,.0f} |\n"


def draw(figures: dict[str, Any]) -> None:
    """Seconds and memory of each way, side by side."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    ways = list(reversed(NAMES))
    runs = figures["runs"]
    seconds = [statistics.median(run["seconds"] for run in runs[way]) for way in ways]
    memory = [max(run["peak_megabytes"] for run in runs[way]) / 1000 for way in ways]
    for axes, values, about in ((left, seconds, "seconds, median"), (right, memory, "most memory, GB")):
        bars = axes.barh([way.replace("_", " → ") for way in ways], values, color="#4c78a8")
        axes.bar_label(bars, fmt="%.1f", padding=3)
        axes.set_xlabel(about)
        axes.margins(x=0.15)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"{figures['posts']:,} posts out of MongoDB into a table")
    figure.savefig(RESULTS / "loader.svg", metadata={"Date": None})
