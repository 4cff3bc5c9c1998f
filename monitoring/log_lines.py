"""How an event is written: key=value for people, one JSON object for programs; each is one line, its time is UTC."""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from log_context import context
from monitoring.events import event_of

_HIDDEN = "***"
_BARE = frozenset(' "=\\')


def redacted(text: str, secrets: Sequence[str]) -> str:
    """The text without the secrets."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return text


class Lines(logging.Formatter):
    """`event key=value …`, without time and context: for a terminal, which shows one job, and says when.

    A traceback, where there is one, stands below. No secret is in either.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__()
        self._secrets = _as_written(secrets)

    def format(self, record: logging.LogRecord) -> str:
        event = event_of(record)
        line = self._line(record, _one_line(event.name), event.fields)
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info and record.exc_info[0] else ""
        return redacted(line + trace, self._secrets)

    def _line(self, _record: logging.LogRecord, name: str, fields: Mapping[str, object]) -> str:
        return " ".join([name, *_pairs(fields)])


class TextLines(Lines):
    """`time level logger: event key=value …`, job, query and batch behind."""

    def _line(self, record: logging.LogRecord, name: str, fields: Mapping[str, object]) -> str:
        known = {key: value for key, value in context().items() if key not in fields}
        level = record.levelname.lower()
        return f"{_time(record)} {level} {record.name}: {' '.join([name, *_pairs({**fields, **known})])}"


class JsonLines(logging.Formatter):
    """time, level, logger, event, job, query_id, batch_id, the event's own fields, exception: as far as there are."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__()
        self._secrets = _as_written(secrets)

    def format(self, record: logging.LogRecord) -> str:
        event = event_of(record)
        told: dict[str, object] = {"time": _time(record), "level": record.levelname.lower(), "logger": record.name}
        told |= {"event": event.name, **context(), **event.fields}
        if record.exc_info and record.exc_info[0]:
            told["exception"] = self.formatException(record.exc_info)
        return redacted(json.dumps(told, ensure_ascii=False, default=_plain), self._secrets)


def _as_written(secrets: Sequence[str]) -> list[str]:
    """Bare, and within quotes."""
    return [*secrets, *(json.dumps(secret, ensure_ascii=False)[1:-1] for secret in secrets)]


def _pairs(fields: Mapping[str, object]) -> list[str]:
    return [f"{key}={_quoted(value)}" for key, value in fields.items() if value is not None]


def _quoted(value: object) -> str:
    if isinstance(value, Mapping):
        value = ",".join(f"{key}:{each}" for key, each in value.items())
    text = str(_plain(value))
    return text if text and text.isprintable() and not _BARE & set(text) else json.dumps(text, ensure_ascii=False)


def _plain(value: object) -> str:
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else str(value)


def _one_line(name: str) -> str:
    return " ".join(line.strip() for line in name.splitlines())


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
