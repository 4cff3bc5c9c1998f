"""Where log lines go: to standard error, key=value for people, JSON with `--log-format json`. docs/logs.md."""

import logging
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal

from rich.console import Console
from rich.logging import RichHandler
from rich.text import Text

from monitoring.log_lines import JsonLines, Lines, TextLines

LogFormat = Literal["text", "json"]

log = logging.getLogger(__name__)


def start_logging(
    log_format: LogFormat, secrets: Sequence[str], console: Console, on_terminal: int = logging.WARNING
) -> None:
    """Send every log line to standard error; on a terminal those of that level only, above the live line."""
    if console.is_terminal and log_format == "text":
        handler: logging.Handler = RichHandler(on_terminal, console, show_path=False, log_time_format=_time_of_day)
        handler.setFormatter(Lines(secrets))
    else:
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines(secrets) if log_format == "json" else TextLines(secrets))
    handler.addFilter(_is_not_py4j)
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def log_what_nobody_catches() -> None:
    """Warnings of Python, and errors that end this process or a thread of it, are lines of the log, too."""
    logging.captureWarnings(capture=True)
    sys.excepthook = _not_understood
    threading.excepthook = lambda failed: _not_understood(
        failed.exc_type, failed.exc_value or failed.exc_type(), failed.exc_traceback
    )


def _not_understood(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    log.critical("not understood error=%r", repr(error), exc_info=(kind, error, trace))


def _is_not_py4j(record: logging.LogRecord) -> bool:
    """py4j prints what foreachBatch raises, and a lost JVM, with tracebacks; the supervisor says both in a line."""
    return "py4j" not in record.pathname


def _time_of_day(local: datetime) -> Text:
    return Text(f"{local.astimezone(UTC):%H:%M:%S}")
