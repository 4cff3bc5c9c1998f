"""A log record as an event: its name, which is always the same, and its fields.

What is logged as `log.info("feed connected peer=%s events=%s", peer, events)` is the event `feed connected` with the
fields peer and events: the template says their names, the arguments are their values and keep their types. Any other
record is an event whose name is its whole message.
"""

import logging
import re
from collections.abc import Iterator
from typing import NamedTuple

_CONVERSION = re.compile(r"%[-#0 +]*\d*(?:\.\d+)?[diouxXeEfFgGcrsa]")
_FIRST_FIELD = re.compile(r"(?:^| )[A-Za-z_]\w*=(?=\S*%)")
_FIELD = re.compile(r"([A-Za-z_]\w*)=(\S+)")


class Event(NamedTuple):
    """What a log record says, see the module. fields: by name, as they were handed over or as the template has them."""

    name: str
    fields: dict[str, object]


def event_of(record: logging.LogRecord) -> Event:
    """The event that the record is."""
    template, values = record.msg, record.args
    if isinstance(template, str) and isinstance(values, tuple) and (first := _FIRST_FIELD.search(template)):
        name, rest = template[: first.start()], template[first.start() :]
        fields = [_FIELD.fullmatch(each) for each in rest.split()]
        is_whole = len(_CONVERSION.findall(rest)) == len(values)
        if all(fields) and is_whole and not _CONVERSION.search(name):
            pairs = [each.groups() for each in fields if each is not None]
            return Event(name, dict(_values(pairs, iter(values))))
    return Event(record.getMessage(), {})


def _values(pairs: list[tuple[str, ...]], values: Iterator[object]) -> Iterator[tuple[str, object]]:
    for key, template in pairs:
        conversions = _CONVERSION.findall(template)
        its = tuple(next(values) for _ in conversions)
        if template in ("%s", "%r", "%d"):
            yield key, its[0]
            continue
        # A string within text is itself, not its repr; the precision stays.
        text = _CONVERSION.sub(lambda found: re.sub("[ra]$", "s", found.group()), template) % its
        is_number = template == conversions[0] and template[-1] in "eEfFgG" if conversions else False
        yield key, _number(text) if is_number else text


def _number(text: str) -> float:
    return int(text) if text.isdecimal() else float(text)
