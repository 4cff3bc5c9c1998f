"""What becomes known of one connection to X while tweepy has it, which shows neither status nor headers."""

import logging
from dataclasses import dataclass
from typing import Any

import requests

from receivers.x_api.answers import Answer, Problem
from receivers.x_api.ended import Ended
from receivers.x_api.transport import ApiAdapter, StreamedAnswer

log = logging.getLogger(__name__)

_LONGEST_WORDS, _LONGEST_RULES = 64 * 1024, 100_000_000


@dataclass
class Outcome:
    """answer: the open stream; refusal: an answer that is none; failure: what a callback raised; else see `Ended`."""

    adapter: ApiAdapter
    why: str = ""
    answer: StreamedAnswer | None = None
    refusal: Answer | None = None
    message: tuple[Problem, ...] = ()
    was_heard: bool = False
    failure: Exception | None = None

    def ended(self) -> Ended:
        """How the stream ended. Raises what a callback raised."""
        if self.failure is not None:
            raise self.failure
        if self.answer is not None and self.answer.cut_off:
            log.warning("an event was cut off with its connection, and not heard bytes=%s", self.answer.cut_off)
        return Ended(self.why, self.refusal, self.message, self.was_heard)

    def refused(self, why: str) -> Ended:
        """How a request for anything else failed: X's words, where there are any, else why."""
        return Ended(self.refusal.words if self.refusal else why, self.refusal)

    def keep(self, response: requests.Response, **_: Any) -> None:  # noqa: ANN401 - requests' hook
        """Called by `requests` for each answer, before anybody reads it."""
        if response.status_code >= 400:
            headers = {name.lower(): value for name, value in response.headers.items()}
            body = self.adapter.read_body(response, _LONGEST_WORDS)
            self.refusal = Answer(response.status_code, headers, body)
        elif "/rules" in (response.request.path_url or ""):
            self.adapter.read_body(response, _LONGEST_RULES)
        elif isinstance(response, StreamedAnswer):
            self.answer = response
