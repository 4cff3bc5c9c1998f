"""What an instance says when it does not do what it was asked, and what a person can do about it.

https://docs.joinmastodon.org/api/guidelines and https://docs.joinmastodon.org/api/rate-limits
"""

import json
from collections.abc import Mapping
from datetime import datetime

from errors import CannotStart
from receivers.web import retry_after, seconds_until

_LONGEST_WORDS = 500
_MAY_HEAL = (408, 409, 425, 429)
_ADVICE = {
    401: "The instance does not know CASESTREAM_MASTODON_TOKEN: make an application there (Preferences, Development) "
    "with the scope read:statuses, and take its access token",
    403: "The account of CASESTREAM_MASTODON_TOKEN may not do this: see its state at the instance",
    404: "There is no streaming API there: see MASTODON_URL, which is the instance's address without a path",
}


class Refused(Exception):
    """An HTTP answer that is not what was asked for. retry_after: seconds that the instance asks for, None: none."""

    def __init__(self, status: int, words: str, retry_after: float | None = None) -> None:
        super().__init__(words)
        self.status = status
        self.retry_after = retry_after

    def raise_if_hopeless(self, was_connected: bool) -> None:
        """Raises CannotStart where waiting does not help.

        Once there was a connection, only the token can be wrong for good: of the rest, all may be the instance's
        trouble.
        """
        is_ours = 400 <= self.status < 500 and self.status not in _MAY_HEAL
        if is_ours and (self.status == 401 or not was_connected):
            advice = _ADVICE.get(self.status, "Correct the settings that begin with MASTODON_")
            raise CannotStart(f"the instance refused: {self}. {advice}.")


def refused(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Refused:
    """The refusal in an answer. headers: whatever their case."""
    found = {name.lower(): value for name, value in headers.items()}
    said = _words(body)
    return Refused(status, f"HTTP {status}: {said}" if said else f"HTTP {status}", _retry_after(found, now))


def is_used_up(headers: Mapping[str, str]) -> bool:
    """Whether no request is left in the present window."""
    return {name.lower(): value for name, value in headers.items()}.get("x-ratelimit-remaining") == "0"


def _words(body: bytes) -> str:
    """Mastodon's own words, `{"error": …, "error_description": …}`, or the beginning of what came."""
    text = body.decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        told = [found.get("error"), found.get("error_description")]
        text = ": ".join(each for each in told if isinstance(each, str) and each) or text
    return " ".join(text.split())[:_LONGEST_WORDS]


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """`Retry-After`, in seconds or as a date; else when the window of a rate limit is over."""
    after = retry_after(headers.get("retry-after", ""), now)
    if after is None and headers.get("x-ratelimit-remaining") == "0":
        return seconds_until(headers.get("x-ratelimit-reset", ""), datetime.fromisoformat, now)
    return after
