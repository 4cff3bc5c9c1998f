"""The figures that are shown are those that were measured."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "bench" / "results"


def test_the_readme_has_the_table_of_the_last_full_run() -> None:
    lines = (RESULTS / "latest.md").read_text().splitlines()
    table = "\n".join(line for line in lines if line.startswith("|"))
    assert table in (ROOT / "README.md").read_text()


def test_the_ratios_stand_at_the_top_of_the_last_full_run() -> None:
    latest = json.loads((RESULTS / "latest.json").read_text())
    assert next(iter(latest)) == "ratios"
    assert {"vs_best_peer", "vs_seeds_way", "vs_spark_limit"} <= latest["ratios"].keys()
    assert latest["scale"] == "full"
