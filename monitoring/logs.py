"""Log lines: key=value for people, JSON with `--log-format json`; never with a secret in them."""

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from rich.console import Console
from rich.logging import RichHandler

_HIDDEN = "***"


def start_logging(log_format: Literal["text", "json"], secrets: Sequence[str], console: Console) -> None:
    """Send every log line to standard error; on a terminal only warnings, above the live line."""
    if console.is_terminal and log_format == "text":
        handler: logging.Handler = RichHandler(logging.WARNING, console, show_path=False, log_time_format="%H:%M:%S")
        handler.setFormatter(logging.Formatter("%(message)s"))
    else:
        handler = logging.StreamHandler()
        handler.setFormatter(_JsonLines() if log_format == "json" else _TextLines())
    handler.addFilter(_is_not_py4j)
    handler.addFilter(_Redaction(secrets))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def redacted(text: str, secrets: Sequence[str]) -> str:
    """The text without the secrets."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return text


def _is_not_py4j(record: logging.LogRecord) -> bool:
    """py4j prints what foreachBatch raises, and a lost JVM, with tracebacks; the supervisor says both in a line."""
    return "py4j" not in record.pathname


class _Redaction(logging.Filter):
    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redacted(record.getMessage(), self._secrets), None
        return True


class _TextLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = f"{_time(record)} {record.levelname.lower()} {record.name}: {record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = {"time": _time(record), "level": record.levelname.lower(), "logger": record.name}
        fields["message"] = record.getMessage()
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
