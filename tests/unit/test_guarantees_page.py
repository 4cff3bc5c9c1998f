"""docs/guarantees.md names tests that are there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/guarantees.md").read_text()
_NAMED = re.compile(r"`(?P<file>[\w/]+\.py|…)(?:::(?P<test>\w+))?`(?: \((?P<mark>\w+))?")


def named() -> list[tuple[str, str | None, str | None]]:
    """File, test and mark of each mention; `…` is the file before."""
    found: list[tuple[str, str | None, str | None]] = []
    for match in _NAMED.finditer(PAGE):
        file = found[-1][0] if match["file"] == "…" else match["file"]
        found.append((file, match["test"], match["mark"]))
    return found


def marks_in(file: str) -> dict[str, set[str]]:
    """The marks of each test function."""
    functions = [
        node for node in ast.parse((ROOT / "tests" / file).read_text()).body if isinstance(node, ast.FunctionDef)
    ]
    return {
        node.name: {
            mark
            for mark in ("slow", "faults")
            if any(f"mark.{mark}" in ast.unparse(each) for each in node.decorator_list)
        }
        for node in functions
    }


def test_every_promise_names_a_test_that_is_there_with_the_mark_that_it_has() -> None:
    assert len(named()) > 30
    for file, test, mark in named():
        marks = marks_in(file)
        if test is not None:
            assert marks.get(test) == ({mark} if mark in ("slow", "faults") else set()), (file, test, mark)
