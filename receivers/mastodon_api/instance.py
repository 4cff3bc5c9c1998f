"""HTTP to an instance: an endless answer with events, and whole ones with pages of a timeline."""

import json
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr
from urllib3.exceptions import HTTPError

from receivers.mastodon_api.answers import Refused, is_used_up, refused
from receivers.web import session_of
from watched_connections import HangUpAdapter

_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 35.0
_LONGEST_WORDS, _LONGEST_PAGE = 64 * 1024, 50_000_000
_EVENTS = "text/event-stream"

NETWORK_ERRORS = (requests.RequestException, HTTPError, ssl.SSLError, OSError)
"""What `requests` raises when the network fails: not all of it is in its own classes."""


class Instance:
    """One stream and one other request at a time, by one account. `hang_up` may be called by another thread.

    silence_seconds: how long the stream may say nothing, not even a heartbeat; answer_seconds: any other answer.
    """

    def __init__(
        self,
        url: str,
        token: str,
        silence_seconds: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        answer_seconds: float = _ANSWER_SECONDS,
    ) -> None:
        self._url = url.rstrip("/")
        self._silence = silence_seconds
        self._answer_seconds = answer_seconds
        self._now = now
        self._of_stream, self._of_pages = HangUpAdapter(), HangUpAdapter()
        self._stream_session = session_of(SecretStr(token), self._of_stream)
        self._page_session = session_of(SecretStr(token), self._of_pages)

    def stream(self, path: str, parameters: dict[str, str]) -> requests.Response:
        """An open stream, for `watched_connections.blocks`. Raises Refused and NETWORK_ERRORS.

        Who reads it is raised the latter, also for a silence that is too long.
        Where the streaming API has a host of its own, the instance's answer leads there
        (https://docs.joinmastodon.org/methods/streaming/, "Hostname discovery").
        """
        answer = self._ask_for_stream(self._url, path, parameters)
        if answer.is_redirect:
            host = _origin(answer.headers.get("location", ""))
            answer.close()
            if not host or (self._url.startswith("https:") and not host.startswith("https:")):
                raise Refused(answer.status_code, f"HTTP {answer.status_code}: it leads to no other safe address")
            answer = self._ask_for_stream(host, path, parameters)
        self._raise_if_refused(answer, self._of_stream)
        kind = answer.headers.get("content-type", "").partition(";")[0].strip()
        if kind != _EVENTS:
            answer.close()
            raise Refused(
                answer.status_code, f"no stream came but {kind or 'something'}: see MASTODON_URL and the proxy"
            )
        return answer

    def page(self, path: str, parameters: dict[str, str]) -> tuple[list[Any], bool]:
        """A page of a timeline, newest first, and whether more may be asked for now. Raises Refused, NETWORK_ERRORS."""
        answer = self.ask(path, parameters)
        try:
            statuses = json.loads(answer.content.decode())
        except (ValueError, RecursionError):
            statuses = None
        if not isinstance(statuses, list):
            raise Refused(answer.status_code, "the timeline is no list")
        return statuses, not is_used_up(answer.headers)

    def ask(self, path: str, parameters: dict[str, str]) -> requests.Response:
        """A whole answer, of 50 MB at most: a longer one is cut. Raises Refused and NETWORK_ERRORS."""
        answer = self._page_session.get(
            self._url + path,
            params=parameters,
            stream=True,
            allow_redirects=False,
            timeout=(_CONNECT_SECONDS, self._answer_seconds),
        )
        self._raise_if_refused(answer, self._of_pages)
        self._of_pages.read_body(answer, _LONGEST_PAGE)
        return answer

    def close(self) -> None:
        """The connection is over."""
        self._stream_session.close()
        self._of_stream.release()
        self._page_session.close()
        self._of_pages.release()

    def hang_up(self) -> None:
        """End whatever waits for the instance; what has come already can still be read."""
        self._of_pages.end()
        self._of_stream.end()

    def _ask_for_stream(self, url: str, path: str, parameters: dict[str, str]) -> requests.Response:
        return self._stream_session.get(
            url + path,
            params=parameters,
            headers={"Accept": _EVENTS, "Cache-Control": "no-store"},
            stream=True,
            allow_redirects=False,
            timeout=(_CONNECT_SECONDS, self._silence),
        )

    def _raise_if_refused(self, answer: requests.Response, adapter: HangUpAdapter) -> None:
        if answer.status_code != requests.codes.ok:
            body = adapter.read_body(answer, _LONGEST_WORDS)
            raise refused(answer.status_code, answer.headers, body, self._now())


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""
