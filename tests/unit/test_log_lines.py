"""A log record is one line, whatever is in it: for people and for programs; and each call names its event."""

import ast
import io
import json
import logging
import re
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

import log_context
from log_context import belongs_to, in_batch
from micro_batch import BatchId
from monitoring.events import event_of
from monitoring.log_lines import JsonLines, Lines, TextLines
from monitoring.logs import LogFormat, log_what_nobody_catches, start_logging

ROOT = Path(__file__).parents[2]
HOUSES = (
    "cache", "command_line", "dashboard", "ledger", "monitoring", "operations", "processors", "receivers", "runtime",
    "scraper", "sinks", "spool",
)  # fmt: skip
LEVELS = ("debug", "info", "warning", "error", "exception", "critical")
SECRET = 'pa"ss'
AT = datetime(2026, 11, 22, 19, 36, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_context, "_of_process", {})


@pytest.fixture
def _logging_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def start(log_format: LogFormat, console: Console) -> None:
    """As in a process of its own, where nobody has a handler yet."""
    logging.getLogger().handlers.clear()
    start_logging(log_format, (SECRET,), console)


def record(template: object, *values: object, error: Exception | None = None) -> logging.LogRecord:
    trace = (type(error), error, None) if error else None
    made = logging.LogRecord("runtime.job", logging.WARNING, "job.py", 1, template, values, trace)
    made.created = AT.timestamp()
    return made


@pytest.mark.parametrize(
    ("template", "values", "name", "fields"),
    [
        ("feed connected peer=%s events=%s", ("a:1", 3), "feed connected", {"peer": "a:1", "events": 3}),
        ("away error=%r", ("it said 'no'",), "away", {"error": "it said 'no'"}),
        ("away why=%r%s", ("no", " hint"), "away", {"why": "no hint"}),
        ("waiting seconds=%g longer=%.1f", (30.0, 0.25), "waiting", {"seconds": 30, "longer": 0.2}),
        ("made view=%s.%s", ("db", "posts"), "made", {"view": "db.posts"}),
        ("damaged document=%.5r", ("abcdefgh",), "damaged", {"document": "abcde"}),
        ("stopped", (), "stopped", {}),
        ("ended lag=%s", (None,), "ended", {"lag": None}),
        ("somebody else's %s, 100 %% sure a=%s", ("line", 1), "somebody else's line, 100 % sure a=1", {}),
        ("it failed: %s", ("a=b c=d",), "it failed: a=b c=d", {}),
        (ValueError("an object"), (), "an object", {}),
    ],
)
def test_the_template_names_the_event_and_its_fields(
    template: object, values: tuple[object, ...], name: str, fields: dict[str, object]
) -> None:
    assert event_of(record(template, *values)) == (name, fields)


def test_for_people_a_value_is_quoted_where_it_must_be_and_left_out_where_there_is_none() -> None:
    made = record("away why=%r peer=%s n=%s lag=%s empty=%s", 'no "way"\nout', "a:1", 3, None, "")
    assert Lines(()).format(made) == 'away why="no \\"way\\"\\nout" peer=a:1 n=3 empty=""'


def test_a_line_says_what_it_belongs_to_and_what_the_call_says_itself_wins() -> None:
    belongs_to(job="covid")
    with in_batch(BatchId("5a27", 7)):
        told = json.loads(JsonLines(()).format(record("stored posts=%s", 3)))
        text = TextLines(()).format(record("waiting job=%s", "other"))
    assert told == {
        "time": "2026-11-22T19:36:00.000+00:00", "level": "warning", "logger": "runtime.job", "event": "stored",
        "job": "covid", "query_id": "5a27", "batch_id": 7, "posts": 3,
    }  # fmt: skip
    when = "2026-11-22T19:36:00.000+00:00 warning runtime.job"
    assert text == f"{when}: waiting job=other query_id=5a27 batch_id=7"
    assert TextLines(()).format(record("stored")) == f"{when}: stored job=covid"


def test_a_secret_is_in_no_line_nor_in_a_traceback() -> None:
    made = record("refused uri=%s", f"mongodb://me:{SECRET}@host", error=ValueError(SECRET))
    for lines in (Lines((SECRET,)), TextLines((SECRET,)), JsonLines((SECRET,))):
        said = lines.format(made)
        assert "***" in said
        assert SECRET not in said
        assert json.dumps(SECRET)[1:-1] not in said
    assert json.loads(JsonLines((SECRET,)).format(made))["uri"] == "mongodb://me:***@host"


def test_what_is_no_event_of_ours_is_one_line_too() -> None:
    warned = record("%s", "/x/y.py:3: UserWarning: old\n  call()\n")
    assert TextLines(()).format(warned).endswith("runtime.job: /x/y.py:3: UserWarning: old call()")
    assert "\n" not in JsonLines(()).format(record("two\nlines", error=ValueError("three\nlines")))


@pytest.mark.usefixtures("_logging_as_it_was")
def test_what_nobody_catches_is_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    start("json", Console(file=io.StringIO()))
    log_what_nobody_catches()
    sys.excepthook(ValueError, ValueError(f"with {SECRET}"), None)
    told = json.loads(capsys.readouterr().err)
    assert (told["event"], told["level"], told["error"]) == ("not understood", "critical", "ValueError('with ***')")
    assert "ValueError" in told["exception"]


@pytest.mark.usefixtures("_logging_as_it_was")
def test_a_terminal_shows_warnings_with_the_time_in_utc() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120, color_system=None)
    start("text", console)
    log = logging.getLogger("tests")
    log.info("unseen")
    log.warning("feed away peer=%s", "a:1")
    assert isinstance(console.file, io.StringIO)
    (line,) = console.file.getvalue().splitlines()
    assert line.split() == [line.split()[0], "WARNING", "feed", "away", "peer=a:1"]
    said = datetime.strptime(line.split()[0], "%H:%M:%S")
    assert abs((datetime.now(UTC) - said.replace(year=2026, tzinfo=UTC)).seconds % 86_400) < 60


def calls() -> Iterator[tuple[str, ast.Call]]:
    for house in HOUSES:
        for file in (ROOT / house).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                match node:
                    case ast.Call(func=ast.Attribute(value=ast.Name("log"), attr=level)) if level in LEVELS:
                        yield f"{file.relative_to(ROOT)}:{node.lineno}", node


def test_the_events_of_docs_logs_md_are_what_the_job_logs() -> None:
    texts = [path.read_text() for house in HOUSES for path in (ROOT / house).rglob("*.py")] + [
        (ROOT / "main.py").read_text()
    ]
    code = re.sub(r'"\s*\n\s*(?:f?)"', "", "\n".join(texts))
    rows = [line for line in (ROOT / "docs/logs.md").read_text().splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])]
    assert len(named) > 25
    assert [name for name in named if f'"{name}' not in code] == []


def test_each_call_names_its_event_and_gives_every_value_a_name() -> None:
    """But what `Progress.say` and the feeds' progress line tell, which are words for people."""
    found = dict(calls())
    assert len(found) > 50
    wrong = []
    for where, call in found.items():
        if not isinstance(call.args[0], ast.Constant):
            wrong.append(where)
            continue
        template = str(call.args[0].value)
        values = len(re.findall("%[^%]", template))
        if values and (event := event_of(record(template, *[1.0] * values))).name == template % (*[1.0] * values,):
            wrong.append(f"{where}: {event.name}")
    assert [each.partition(":")[0] for each in wrong] == ["monitoring/progress.py", "operations/feed_progress.py"]
