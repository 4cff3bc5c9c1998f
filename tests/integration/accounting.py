"""Whether each event that was sent is in the database once, as what it may be and with its own bytes."""

import hashlib
from collections.abc import Sequence
from typing import Any

from tests.bad_events.sent import MAX_EVENT_BYTES, POST, PROBLEMS, Sent
from tests.conftest import Documents
from tests.integration.stored import posts

_SHOWN = 5


def outcomes(database: Documents) -> dict[str, dict[str, Any]]:
    """Every post and every dead letter, by origin; fails where an origin is there twice."""
    found = [*posts(database), *database["dead_letters"].find()]
    by_origin = {str(each["origin"]): each for each in found}
    assert len(by_origin) == len(found), "an event is stored twice"
    return by_origin


def check_all(events: Sequence[Sent], found: Sequence[dict[str, Any] | None], where: str) -> None:
    """found: what became of each event, None where nothing did; where: how to run a failure again."""
    assert len(found) == len(events), where
    wrong = [
        (number, why, event.event[:200], str(outcome)[:400])
        for number, (event, outcome) in enumerate(zip(events, found, strict=True))
        if (why := _wrong(event, outcome)) is not None
    ]
    assert not wrong, f"{where}: {len(wrong)} of {len(events)}, the first: {wrong[:_SHOWN]}"


def _wrong(event: Sent, outcome: dict[str, Any] | None) -> str | None:
    """What is wrong with that outcome; None where nothing is."""
    if outcome is None:
        return "lost"
    problem = outcome.get("problem", POST)
    if problem not in event.outcomes:
        return f"{problem}, not one of {sorted(event.outcomes)}"
    return _wrong_post(event, outcome) if problem == POST else _wrong_letter(event.event, outcome)


def _wrong_post(event: Sent, post: dict[str, Any]) -> str | None:
    if event.id is not None and post["id"] != event.id:
        return f"its id is {event.id}"
    if event.text is not None and post["raw_text"] != event.text:
        return f"its text is {event.text[:200]!r}"
    return None if isinstance(post["text"], str) else "no clean text"


def _wrong_letter(event: bytes, letter: dict[str, Any]) -> str | None:
    if letter["problem"] not in PROBLEMS:
        return "a problem of no list"
    kept = (letter["raw"], letter["length"], letter["sha256"])
    if kept != (event[:MAX_EVENT_BYTES], len(event), hashlib.sha256(event).hexdigest()):
        return f"its bytes are not kept: {letter['length']} {letter['sha256']}"
    return None
