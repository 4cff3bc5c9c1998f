"""One connection to X's filtered stream, by tweepy.

tweepy's own loop connects again by itself, shows neither status nor headers, and tells an error in a callback to
`on_exception` only. So each callback that means an end makes it return, and what it does not show is kept here.
"""

import logging
import ssl
import sys
from collections.abc import Callable
from typing import Any

import requests
import tweepy

from receivers.web import Bearer, said
from receivers.x_api.answers import Answer, ends_the_stream, problems, words
from receivers.x_api.ended import Ended
from receivers.x_api.outcome import Outcome
from receivers.x_api.transport import TWEEPY_HOST, ApiAdapter
from spool.segments import CutEvent

log = logging.getLogger(__name__)

TWEET_FIELDS = (
    "author_id",
    "created_at",
    "edit_history_tweet_ids",
    "entities",
    "lang",
    "note_tweet",
    "public_metrics",
    "referenced_tweets",
)
_NETWORK_ERRORS = (requests.RequestException, ssl.SSLError)


class FilteredStream(tweepy.StreamingClient):  # type: ignore[misc] # tweepy has no types
    """A client of the stream and its rules; one connection at a time.

    In this thread connected() is called when X gives the stream, alive() whenever anything comes, heard(event) for each
    event; they may call `disconnect`.
    """

    def __init__(
        self,
        token: str,
        adapter: ApiAdapter,
        connected: Callable[[], None],
        alive: Callable[[], None],
        heard: Callable[[bytes | CutEvent], None],
    ) -> None:
        super().__init__(token, return_type=dict)
        self.session.auth = Bearer(token)
        self.session.max_redirects = 0
        self._adapter = adapter
        self._connected = connected
        self._alive = alive
        self._heard = heard
        self._now = Outcome(adapter)

    def listen(self, expansions: tuple[str, ...], backfill_minutes: int) -> Ended:
        """Read the stream until it ends; how it did. Raises what a callback raised."""
        self._begin()
        wanted: dict[str, Any] = {"tweet_fields": list(TWEET_FIELDS), "expansions": list(expansions) or None}
        self.filter(**wanted, backfill_minutes=backfill_minutes or None)
        return self._now.ended()

    def change_rules(self, work: Callable[[tweepy.StreamingClient], None]) -> Ended | None:
        """Let work talk to X's rules; how that failed, None where it did not. Raises what is none of X's errors."""
        self._begin()
        try:
            work(self)
        except (tweepy.HTTPException, requests.RequestException) as error:
            return self._now.refused(_said(error))
        except (ValueError, TypeError, AttributeError) as error:  # tweepy cannot read some bodies and headers
            if self._now.refusal is None:
                raise
            return self._now.refused(_said(error))
        finally:
            self.session.close()
            self._adapter.release()
        return None

    def hang_up(self) -> None:
        """End whatever waits for X, from another thread; what has come already is still heard."""
        self._adapter.end()

    def on_connect(self) -> None:
        """The stream has begun, or a page that is none."""
        kind = self._now.answer.headers.get("content-type", "") if self._now.answer is not None else ""
        if kind.startswith("text/html"):
            self._now.refusal = Answer(200)
            self._end("a web page came in place of the stream: see TWITTER_API_URL and the proxy")
        else:
            self._do(self._connected)

    def on_keep_alive(self) -> None:
        """X is there and has nothing to say."""
        self._now.was_heard = True
        self._do(self._alive)

    def on_data(self, raw_data: bytes | CutEvent) -> None:
        """One line: an event, or a message of X's."""
        self._do(self._alive)
        found = problems(raw_data) if isinstance(raw_data, bytes) else ()
        if not found:
            self._now.was_heard = True
            self._do(lambda: self._heard(raw_data))
            return
        if ends_the_stream(found):
            self._now.message = found
            self._end(f"X ended the stream: {words(found)}")
        else:
            log.warning("message from X inside the stream said=%r", words(found))

    def on_request_error(self, status_code: int) -> None:
        """X refused the connection; the response hook has kept its words."""
        self._end(self._now.refusal.words if self._now.refusal else f"HTTP {status_code}")

    def on_connection_error(self) -> None:
        """The network failed, or X was silent for longer than its keep-alives are apart."""
        self._end(_said(sys.exception()))  # tweepy calls this where it has caught the error

    def on_closed(self, response: requests.Response) -> None:  # noqa: ARG002 - tweepy's signature
        """X closed the connection."""
        self._end("X closed the connection")

    def on_disconnect(self) -> None:
        """Tweepy has closed its session, and returns."""
        self._adapter.release()

    def on_exception(self, exception: Exception) -> None:
        """What tweepy catches ends the job, unless it is the network after all."""
        if isinstance(exception, _NETWORK_ERRORS):
            self._end(_said(exception))
        else:
            self._now.failure = self._now.failure or exception

    def _do(self, callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception as failure:
            self._now.failure = failure  # tweepy takes some kinds for a broken network
            self.disconnect()
            raise

    def _end(self, why: str) -> None:
        self._now.why = self._now.why or why
        self.disconnect()

    def _begin(self) -> None:
        self._now = Outcome(self._adapter)
        self.session.mount(TWEEPY_HOST, self._adapter)
        self.session.hooks["response"] = [self._now.keep]


def _said(error: BaseException | None) -> str:
    if isinstance(error, requests.exceptions.InvalidJSONError):
        return "what came in place of the rules is no JSON of X's: see TWITTER_API_URL and the proxy"
    return said(error, "X's keep-alive")
