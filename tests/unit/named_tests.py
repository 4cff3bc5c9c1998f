"""Tests that a page of docs/ names: `folder/file.py::test (mark)` below tests/; `…` is the file before."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parents[1]
MARKS = ("slow", "faults")
_NAMED = re.compile(r"`(?P<file>[\w/]+\.py|…)(?:::(?P<test>\w+))?`(?: \((?P<mark>\w+))?")


class Named(NamedTuple):
    """test: None where the whole file is meant; mark: None where the page names none."""

    file: str
    test: str | None
    mark: str | None


def named(text: str) -> list[Named]:
    """Each mention, in its order."""
    found: list[Named] = []
    for match in _NAMED.finditer(text):
        file = found[-1].file if match["file"] == "…" else match["file"]
        found.append(Named(file, match["test"], match["mark"]))
    return found


@cache
def marks_in(file: str) -> dict[str, set[str]]:
    """Of each test function of the file its marks, as far as a page names them."""
    functions = [node for node in ast.parse((TESTS / file).read_text()).body if isinstance(node, ast.FunctionDef)]
    return {node.name: _marks(node) for node in functions}


def _marks(function: ast.FunctionDef) -> set[str]:
    decorators = " ".join(map(ast.unparse, function.decorator_list))
    return {mark for mark in MARKS if f"mark.{mark}" in decorators}


def is_there(each: Named) -> bool:
    """Whether there is such a test, with that mark and no other."""
    if each.test is None:
        return (TESTS / each.file).is_file()
    return marks_in(each.file).get(each.test) == ({each.mark} & set(MARKS))
