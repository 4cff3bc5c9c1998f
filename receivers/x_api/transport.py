"""Where tweepy's requests really go, and what of their answers it does not show."""

from collections.abc import Iterable, Iterator
from typing import Any

import requests
from requests.exceptions import ChunkedEncodingError, ContentDecodingError
from urllib3.exceptions import DecodeError

from receivers.lines import LineSplitter
from receivers.x_api.answers import is_json
from spool.segments import CutEvent
from watched_connections import HangUpAdapter, blocks

TWEEPY_HOST = "https://api.twitter.com"  # tweepy 4.17 knows no other
_ANSWER_SECONDS = 21.0  # tweepy's own for the stream; it has none for rules, which could then hang for ever


class ApiAdapter(HangUpAdapter):
    """Leads what tweepy sends to X's old host name to `url`, and lets no request wait for ever.

    read_seconds: longest silence, where it is to be shorter than tweepy's 21 s.
    """

    def __init__(self, url: str, max_event_bytes: int, read_seconds: float = _ANSWER_SECONDS) -> None:
        self._url = url.rstrip("/")
        self._max_event_bytes = max_event_bytes
        self._read_seconds = read_seconds
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401
        """As in the base, to another host, with its proxy and a time limit."""
        request.url = (request.url or "").replace(TWEEPY_HOST, self._url, 1)
        kwargs["timeout"] = (_ANSWER_SECONDS, min(_ANSWER_SECONDS, self._read_seconds))
        kwargs["proxies"] = requests.utils.get_environ_proxies(request.url)  # requests chose it by tweepy's host
        return super().send(request, *args, **kwargs)

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:  # noqa: ANN401
        """As in the base; its lines are bounded."""
        answer = StreamedAnswer(self._max_event_bytes)
        answer.__dict__.update(super().build_response(req, resp).__dict__)
        return answer


class StreamedAnswer(requests.Response):
    """A response whose lines are events of bounded length.

    requests' own `iter_lines` gives out the beginning of a line that the connection has cut as if it were a line, and
    holds a line without an end in memory, all of it.
    """

    def __init__(self, max_event_bytes: int) -> None:
        super().__init__()
        self._lines = LineSplitter(max_event_bytes)
        self.cut_off = 0
        """Bytes of the event that was cut off when the connection ended: it was not heard."""

    def iter_lines(self, *_: Any, **__: Any) -> Iterator[bytes | CutEvent]:  # noqa: ANN401
        """Events without their CR LF; an empty one is X's keep-alive. Raises what tweepy takes for a broken line."""
        try:
            for block in _without_returns(blocks(self)):
                yield from self._lines.feed(block)
        except (ContentDecodingError, DecodeError) as error:
            yield from self._rest()
            raise ChunkedEncodingError(error) from error
        except OSError:  # requests' errors are
            yield from self._rest()
            raise
        yield from self._rest()

    def _rest(self) -> Iterator[bytes | CutEvent]:
        """What no line feed has ended, if it is whole nevertheless."""
        for rest in self._lines.finish():
            if isinstance(rest, bytes) and is_json(rest):
                yield rest
            else:
                self.cut_off = rest.length if isinstance(rest, CutEvent) else len(rest)


def _without_returns(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The blocks with LF for each CR LF, also where that is cut in two: X's lines end so, and an event must not."""
    held = b""
    for block in pieces:
        whole = held + block
        held = b"\r" if whole.endswith(b"\r") else b""
        yield whole.removesuffix(b"\r").replace(b"\r\n", b"\n")
