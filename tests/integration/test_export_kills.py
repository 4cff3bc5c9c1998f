"""An export, or a removal from one, that is killed at any point and begun again ends as one that was not."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from operations.exporting import manifest_file
from operations.exporting.check import findings
from operations.exporting.folder import Folder
from tests.conftest import Documents
from tests.exported import data_of, manifest_of
from tests.filled import BEGIN, Filling, fill
from tests.integration.jobs import ROOT, environment

FIRST = Filling(batches=4, posts=6, seconds=40_000)
MORE = Filling(query="2" * 8, batches=1, posts=5, begin=BEGIN + timedelta(seconds=20))
REMOVED = ("1000000000000000001", "1000000000000000013")
Step = Callable[[int, list[str]], int]


@pytest.fixture
def step(mongodb_uri: str, database: Documents) -> Iterator[Step]:
    """Runs a command, dead before its step-th change of the folder; its exit code."""
    settings = environment({"mongodb_uri": mongodb_uri, "database": database.name})
    command = [sys.executable, "-m", "tests.integration.killed_export"]
    with subprocess.Popen(
        command, cwd=ROOT, env=settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, answers = process.stdin, process.stdout

        def run(number: int, arguments: list[str]) -> int:
            print(json.dumps({"step": number, "arguments": arguments}), file=asked, flush=True)
            return int(answers.readline())

        yield run
        asked.close()


def held(folder: Path) -> dict[str, Any]:
    """All that the folder holds, without the times of its making; a removal in two is one."""
    manifest = {name: value for name, value in manifest_of(folder).items() if name not in ("at", "begun_at")}
    manifest["removals"] = sum(each["rows"] for each in manifest["removals"])
    return {"data": data_of(folder), "manifest": manifest, "other": sorted(each.name for each in folder.iterdir())}


def kill_everywhere(step: Step, arguments: Callable[[Path], list[str]], former: Path, folder: Path) -> int:
    """Kill it before each of its changes, each time in a copy of the former folder, and run it again; how often."""
    undisturbed = shutil.copytree(former, folder / "undisturbed")
    assert step(0, arguments(undisturbed)) == 0
    number = 0
    while True:
        number += 1
        killed = shutil.copytree(former, folder / str(number))
        if step(number, arguments(killed)) == 0:
            return number - 1
        if (killed / manifest_file.NAME).exists():
            place = Folder(killed)
            for finding in findings(place, manifest_file.load(place)):
                assert finding.endswith("it is not in _manifest.json"), number
        assert step(0, arguments(killed)) == 0
        assert held(killed) == held(undisturbed), number


@pytest.mark.slow
def test_an_export_killed_before_any_change_ends_as_one_that_was_not(
    step: Step, database: Documents, tmp_path: Path
) -> None:
    fill(database, FIRST)
    former = tmp_path / "former"
    former.mkdir()
    assert kill_everywhere(step, lambda folder: ["export", "--to", str(folder)], former, tmp_path) > 20
    assert manifest_of(tmp_path / "1")["totals"]["rows"] == 24


@pytest.mark.slow
def test_a_changed_day_killed_before_any_change_ends_as_one_that_was_not(
    step: Step, database: Documents, tmp_path: Path
) -> None:
    fill(database, FIRST)
    former = tmp_path / "former"
    assert step(0, ["export", "--to", str(former), "--format", "csv"]) == 0
    fill(database, MORE)
    kills = kill_everywhere(step, lambda folder: ["export", "--to", str(folder), "--format", "csv"], former, tmp_path)
    assert kills > 10
    assert manifest_of(tmp_path / "1")["totals"]["rows"] == 29
    assert len(data_of(tmp_path / "1")) == len(data_of(former))


@pytest.mark.slow
def test_a_removal_killed_before_any_change_ends_as_one_that_was_not(
    step: Step, database: Documents, tmp_path: Path
) -> None:
    fill(database, FIRST)
    former = tmp_path / "former"
    assert step(0, ["export", "--to", str(former), "--format", "jsonl"]) == 0
    assert kill_everywhere(step, lambda folder: ["remove", str(folder), *REMOVED], former, tmp_path) > 10
    after = held(tmp_path / "1")
    assert after["manifest"]["removals"] == 2
    assert not any(post.encode() in content for post in REMOVED for content in after["data"].values())
    assert step(0, ["export", "--to", str(tmp_path / "1"), "--format", "jsonl"]) == 0
    assert held(tmp_path / "1")["data"] == after["data"]
