"""What X says when it does not send posts: HTTP refusals, and problems inside the stream.

https://docs.x.com/x-api/fundamentals/response-codes-and-errors and
https://docs.x.com/x-api/fundamentals/handling-disconnections
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Problem = Mapping[str, Any]

_LONGEST_TEXT = 500
_STATUS = {"usage-capped": 429, "rate-limit": 429, "credits": 402, "client-forbidden": 403}
_ENDS_THE_STREAM = ("disconnect", "streaming-connection", *_STATUS)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer that is no stream. headers: in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems in the body; none where it is no JSON of X's."""
        return problems(self.body)

    @property
    def words(self) -> str:
        """What X said, in its own words, on one line."""
        text = words(self.problems) or " ".join(self.body.decode("utf-8", "replace").split())[:_LONGEST_TEXT]
        return f"HTTP {self.status}: {text}" if text else f"HTTP {self.status}"


def is_json(text: bytes) -> bool:
    """Whether it is one whole JSON value."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def problems(body: bytes) -> tuple[Problem, ...]:
    """X's problems in a body or in an event without `data`: `{"errors": […]}`, or one that stands alone."""
    if b'"errors"' not in body and b'"title"' not in body:  # posts need not be parsed for this
        return ()
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(found, dict) or "data" in found:
        return ()
    if isinstance(errors := found.get("errors"), list) and errors:
        return tuple(error if isinstance(error, dict) else {"detail": str(error)} for error in errors)
    return (found,) if "title" in found and ("type" in found or "detail" in found) else ()


def words(found: Sequence[Problem]) -> str:
    """Problems in X's own words, on one line; nothing for none."""
    return "; ".join(_said(problem) for problem in found)[: 4 * _LONGEST_TEXT]


def _said(problem: Problem) -> str:
    details = problem.get("details")
    texts = [problem.get("title"), problem.get("detail") or problem.get("message")]
    texts += details if isinstance(details, list) else [details]
    told = list(dict.fromkeys(" ".join(str(text).split())[:_LONGEST_TEXT] for text in texts if text))
    value = problem.get("value")
    return (f"{value!r}: " if value else "") + (": ".join(told) or json.dumps(dict(problem))[:_LONGEST_TEXT])


def status_of(found: Sequence[Problem]) -> int:
    """The HTTP status that X gives these problems outside a stream; 0 for others."""
    if is_too_many_connections(found):
        return 429
    types = [str(problem.get("type", "")) for problem in found]
    return next((status for mark, status in _STATUS.items() if any(mark in each for each in types)), 0)


def ends_the_stream(found: Sequence[Problem]) -> bool:
    """Whether X closes the connection with that; other messages may stand between posts."""
    return any(
        "disconnect_type" in problem
        or "connection_issue" in problem
        or any(mark in str(problem.get("type", "")) for mark in _ENDS_THE_STREAM)
        for problem in found
    )


def is_too_many_connections(found: Sequence[Problem]) -> bool:
    """Whether somebody else, or a dead connection of ours, holds the only one that the token has."""
    return any(problem.get("connection_issue") == "TooManyConnections" for problem in found)
