"""What a run found, as JSON, as a table and as a picture, in bench/results/."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import machine
from bench.places import RESULTS


@dataclass(frozen=True)
class Result:
    """facts: for the JSON, most wanted first; columns and rows: the table; below: it, in Markdown.

    draw: the picture, with that caption, into that file.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    facts: dict[str, Any]
    below: str = ""
    draw: Callable[[str, Path], None] | None = None


@dataclass(frozen=True)
class Circumstances:
    """Under which a run was made. loads: the machine's, before and after."""

    scale: str
    server: str
    loads: tuple[float, float]


def write(result: Result, around: Circumstances, folder: Path = RESULTS) -> Path:
    """`NAME.json`, `NAME.md` and, where there is a picture, `NAME.png`. Only a full run has the bare name."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "scale": around.scale,
        "server": around.server,
        "load_before": around.loads[0],
        "load_after": around.loads[1],
        "machine": machine.description(),
    }
    name = result.name if around.scale == "full" else f"{result.name}-{around.scale}"
    file = folder / f"{name}.json"
    file.write_text(json.dumps({**result.facts, **about}, indent=2) + "\n")
    words = [f"# {result.title}", table(result.columns, result.rows), result.below, _ratios(result.facts)]
    words.append(_sentence(about))
    file.with_suffix(".md").write_text("\n\n".join(filter(None, words)) + "\n")
    if result.draw is not None:
        result.draw(_sentence(about), file.with_suffix(".png"))
    return file


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """In Markdown; numbers to the right, but for the first column."""
    lines = [columns, ["---"] + ["---:"] * (len(columns) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _ratios(facts: dict[str, Any]) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in facts.get("ratios", {}).items())


def _sentence(about: dict[str, Any]) -> str:
    machine = about["machine"]
    scale = "" if about["scale"] == "full" else f", {about['scale']} run"
    return (
        f"{about['date'][:10]}, {machine['cores']} cores of {machine['processor']}, {machine['memory_gb']} GB, "
        f"Spark {machine['pyspark']}, {machine['java']}, server: {about['server']}, load {about['load_before']} before "
        f"and {about['load_after']} after{scale}."
    )
