"""docs/runbook.md: its commands are ours, its words are those of the code, its incidents name tests that are there."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

import manage
from command_line.flags import parser
from processors import PROCESSORS
from settings import Settings
from tests.unit.expressions import Expression
from tests.unit.named_tests import is_there, named
from tests.unit.test_alerts import ALERTS, LABELS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/runbook.md").read_text()
INCIDENTS = dict(
    part.split("\n", 1) for part in re.split(r"^### ", PAGE.partition("\n## Incidents\n")[2], flags=re.MULTILINE)[1:]
)
PARTS = ("How it shows", "What it means", "What to type", "Afterwards", "Shown by")
PYTHON = ".venv/bin/python"
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
NOT_PRODUCT = {"build", "dist", "tests", "bench", "docs", "demo", "notebooks"}
GAP = "…"
USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]  # of the click that typer brings, and does not export


def typed() -> list[str]:
    """The lines of the page's blocks."""
    blocks = re.findall(r"^```\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def ours(line: str) -> Iterator[list[str]]:
    """The commands of a line that are casestream's own: program and arguments, without what varies."""
    for command in line.split("&&"):
        words = [word for word in shlex.split(command, comments=True) if word != GAP]
        words = words[1:] if words[:1] == [PYTHON] else words
        if words and (words[0] in ("manage.py", "main.py", "make") or words[0].startswith("deploy/")):
            yield words[: words.index(">")] if ">" in words else words


def refuse_unknown(program: str, arguments: list[str]) -> None:
    """Raises what the program itself would: nothing of it is run."""
    if program == "main.py":
        flags, unknown = parser(PROCESSORS).parse_known_args(arguments)
        given = {
            name: value for name, value in vars(flags).items() if value is not None and name in Settings.model_fields
        }
        assert not unknown
        Settings.model_validate({"jobname": "covid", "source": "kafka", **given})
    elif program == "manage.py":
        group = typer.main.get_group(manage.build())
        command = group.commands[arguments[0]]
        with command.make_context(arguments[0], arguments[1:]) as context:
            refuse_unknown("main.py", context.args)
    elif program == "make":
        assert set(arguments) <= TARGETS
    else:
        assert (ROOT / program).is_file()


def words_of_the_code() -> list[str]:
    """Every text that the product's code holds; what is put in while it runs is `…`."""
    folders = [
        each for each in ROOT.iterdir() if each.is_dir() and each.name[0] != "." and each.name not in NOT_PRODUCT
    ]
    files = [*ROOT.glob("*.py"), *(file for folder in folders for file in folder.glob("**/*.py"))]
    trees = [ast.parse(file.read_text()) for file in files]
    return [text for tree in trees for node in ast.walk(tree) if (text := _text(node))]


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else GAP for each in node.values)
    return ""


def parts_of(incident: str) -> list[tuple[str, str]]:
    """Name and text of each of its parts, in their order."""
    found = re.split(r"^\*\*([^*]+?)\.?\*\*", INCIDENTS[incident], flags=re.MULTILINE)[1:]
    return list(zip(found[::2], found[1::2], strict=True))


def quoted(incident: str) -> list[str]:
    """What stands `like this` in the parts that say what is seen, without names of other kinds."""
    seen = "".join(text for name, text in parts_of(incident) if name in ("How it shows", "Afterwards"))
    return [" ".join(quote.split()) for quote in re.findall(r"`([^`]+)`", seen)]


def test_each_command_of_ours_is_there_with_its_flags() -> None:
    commands = [command for line in typed() for command in ours(line)]
    assert len(commands) > 40
    for program, *arguments in commands:
        refuse_unknown(program, arguments)


@pytest.mark.parametrize(
    "line",
    [
        f"{PYTHON} manage.py show --jobname covid --nothing",
        f"{PYTHON} manage.py nothing",
        f"{PYTHON} manage.py doctor --jobname covid --nothing",
        f"{PYTHON} main.py --jobname covid {GAP} --nothing 1",
        f"{PYTHON} main.py --kafka-starting '{{0}}'   # a comment",
        "git pull && make nothing",
        "deploy/nothing.sh",
    ],
)
def test_a_command_that_is_not_there_is_found_out(line: str) -> None:
    (command,) = ours(line)
    with pytest.raises((AssertionError, KeyError, ValueError, USAGE_ERROR)):
        refuse_unknown(command[0], command[1:])


def test_there_are_twelve_incidents_and_each_has_all_its_parts_and_something_to_type() -> None:
    assert len(INCIDENTS) == 12
    for incident in INCIDENTS:
        parts = dict(parts_of(incident))
        assert tuple(parts) == PARTS, incident
        assert "```\n" in parts["What to type"], incident
        assert all(len(text.split()) > 1 for text in parts.values()), incident


@pytest.mark.parametrize("incident", INCIDENTS)
def test_each_incident_names_tests_that_are_there(incident: str) -> None:
    found = named(dict(parts_of(incident))["Shown by"])
    assert found
    assert [each for each in found if not is_there(each)] == []


def test_what_is_quoted_is_what_the_code_says() -> None:
    texts, names = words_of_the_code(), {each["alert"] for each in ALERTS}
    quotes = [quote for incident in INCIDENTS for quote in quoted(incident)]
    assert len(quotes) > 60
    assert [quote for quote in quotes if not is_said(quote, texts, names)] == []
    assert not is_said("the query has vanished", texts, names)
    assert not is_said('casestream_ready{check="nothing"}', texts, names)


def is_said(quote: str, texts: list[str], alerts: set[str]) -> bool:
    """Whether it is a metric with its labels, an alert, or words of the code."""
    if quote.startswith("casestream_"):
        ((metric, labels),) = Expression(quote).selected()
        known = LABELS.get(metric)
        return known is not None and all(set(values) <= set(known.get(name, ())) for name, values in labels.items())
    pieces = quote.split(GAP)
    return quote in alerts or any(holds(line, pieces) for text in texts for line in text.splitlines())


def holds(line: str, pieces: list[str]) -> bool:
    """Whether they stand in the line, one behind the other."""
    at = 0
    for piece in pieces:
        if (found := line.find(piece, at)) < 0:
            return False
        at = found + len(piece)
    return True


def test_what_stands_in_capitals_is_a_setting() -> None:
    found = set(re.findall(r"`(?:CASESTREAM_)?([A-Z][A-Z_]+[A-Z])(?:=[^`]*)?`", PAGE))
    assert "RETENTION_DAYS" in found
    assert {name for name in found if name.lower() not in Settings.model_fields} == set()
