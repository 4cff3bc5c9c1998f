"""What an instance has stored, and the pages of its timelines (https://docs.joinmastodon.org/methods/timelines)."""

import threading
from typing import Any
from urllib.parse import unquote

from operations.mastodon_stand_in.stream import Payload

PUBLIC, TAG = "/api/v1/timelines/public", "/api/v1/timelines/tag/"
_DEFAULT, _MOST = 20, 40
_KEPT = 20_000


class Timelines:
    """The newest statuses. Used by many threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._statuses: dict[int, dict[str, Any]] = {}

    def apply(self, name: str, payload: Payload) -> dict[str, Any] | None:
        """What an event tells: a status is there, changed or gone. The status that it is about, where it is known."""
        with self._guard:
            if isinstance(payload, str):
                return self._statuses.pop(int(payload), None) if name == "delete" and payload.isdecimal() else None
            if name in ("update", "status.update") and str(payload.get("id")).isdecimal():
                self._statuses[int(payload["id"])] = payload
                if len(self._statuses) > _KEPT:
                    del self._statuses[min(self._statuses)]
            return payload if "account" in payload else None

    def page(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        """Newest first; with `min_id` those just above it."""
        limit = min(int(query.get("limit", _DEFAULT)), _MOST)
        above = int(query.get("min_id") or query.get("since_id") or 0)
        below = int(query.get("max_id") or 2**63)
        with self._guard:
            found = sorted(number for number in self._statuses if above < number < below)
            chosen = [self._statuses[number] for number in found if _belongs(self._statuses[number], path, query)]
        return chosen[:limit][::-1] if query.get("min_id") else chosen[::-1][:limit]


def _belongs(status: dict[str, Any], path: str, query: dict[str, str]) -> bool:
    is_local = "@" not in status["account"]["acct"]
    if (query.get("local") == "true" and not is_local) or (query.get("remote") == "true" and is_local):
        return False
    wanted = unquote(path.removeprefix(TAG)).lower()
    return path == PUBLIC or wanted in {tag["name"].lower() for tag in status["tags"]}
