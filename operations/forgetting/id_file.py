"""The file of ids that `manage.py forget` is told: one a line, or the results of a batch compliance job of X.

https://docs.x.com/x-api/compliance/batch-compliance/introduction: an object a line, with `id`, `action`, `created_at`,
`redacted_at` and `reason`; ids without an event do not occur. Nothing in it says whether ids are posts' or users'.
"""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errors import FixSettings

_PLACE = "scrub_geo"
_MOST_PROBLEMS = 50


@dataclass(frozen=True)
class Ids:
    """Those to forget, by the reason that the file gives (`listed` where it gives none); passed_over: of `scrub_geo`.

    That asks for the place of a post to go, and no post here has one.
    """

    ids: frozenset[str]
    reasons: Counter[str]
    passed_over: int


def read_ids(file: Path) -> Ids:
    """The ids of a file. Raises FixSettings with a line for each mistake."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FixSettings([f"--from-file {file}: it cannot be read: {error}"]) from error
    ids, problems, reasons = set[str](), list[str](), Counter[str]()
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line:
            continue
        try:
            name, reason = _result(line) if line.startswith("{") else (_id(line), "listed")
        except ValueError as mistake:
            problems.append(f"--from-file {file}, line {number}: {mistake}")
            continue
        reasons[reason] += 1
        ids |= {name} if reason != _PLACE else set()
    if not problems and not reasons:
        problems.append(f"--from-file {file}: there is no id in it")
    if problems:
        more = len(problems) - _MOST_PROBLEMS
        raise FixSettings(problems[:_MOST_PROBLEMS] + ([f"… and {more:,} lines more"] if more > 0 else []))
    return Ids(frozenset(ids), reasons, reasons[_PLACE])


def _result(line: str) -> tuple[str, str]:
    """Id and reason of a line of X's. Raises ValueError with what is wrong."""
    try:
        found: Any = json.loads(line)
    except ValueError:
        raise ValueError("it begins like JSON and is none") from None
    name, action, reason = (found.get(each) for each in ("id", "action", "reason"))
    if not (isinstance(name, str | int) and not isinstance(name, bool)):
        raise ValueError("it has no id")
    if action not in ("delete", _PLACE, None):
        raise ValueError(f"its action is {action!r}; known are delete and {_PLACE}")
    return _id(str(name)), _PLACE if _PLACE in (action, reason) else str(reason or "listed")


def _id(name: str) -> str:
    if len(name.split()) != 1 or len(name) > 512 or any(sign in name for sign in '"{}[],'):
        raise ValueError(f"{name[:40]!r} is no id: one a line, without blanks, quotes and brackets")
    return name
