"""Read one web page, bounded in time, size and redirects whatever the server does."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urljoin

import requests
from urllib3.exceptions import HTTPError

from casestream import __version__
from errors import CountUnavailable, CountUnparsed
from scraper.deadline import Deadline, DeadlineAdapter

MAX_PAGE_BYTES = 5_000_000
MAX_REDIRECTS = 5

HEADERS = {
    "User-Agent": f"casestream/{__version__} (coronavirus case count, one request per micro-batch)",
    "Accept-Encoding": "gzip",
}
_CHUNK_BYTES = 65_536
_NOT_MODIFIED = 304
_NO_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}


@dataclass(frozen=True)
class Version:
    """What names one version of a page, as it was sent: its ETag and its Last-Modified, None where there is none."""

    etag: str | None = None
    last_modified: str | None = None

    def conditions(self) -> dict[str, str]:
        """Headers that ask for the page only if it is another version (https://www.rfc-editor.org/rfc/rfc9110#section-13)."""
        sent = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in sent.items() if value}


class Page:
    """A page that has begun to come. What breaks its body off leaves `open_page` as CountUnavailable.

    is_unchanged: it is the known version still, and has no body. is_whole: all of it has come, so that time is of no
    matter any more. version: of the page that comes.
    """

    def __init__(self, response: requests.Response, max_bytes: int, deadline: Deadline) -> None:
        self._response = response
        self._max_bytes = max_bytes
        self._deadline = deadline
        self.is_unchanged = self.is_whole = response.status_code == _NOT_MODIFIED
        self.version = Version(response.headers.get("ETag"), response.headers.get("Last-Modified"))

    def chunks(self) -> Iterator[bytes]:
        """The decoded body, piece by piece. To be read to its end: what is cut off is found out there.

        Raises CountUnavailable where it is longer than was allowed.
        """
        taken = 0
        for chunk in self._response.iter_content(_CHUNK_BYTES):
            taken += len(chunk)
            if taken > self._max_bytes:
                raise CountUnavailable(f"{self._response.url:.200} sent more than the {self._max_bytes} bytes allowed")
            yield chunk
        self.is_whole = not self._deadline.passed  # which ends a connection as a server may

    def whole_chunks(self) -> Iterator[bytes]:
        """The same, of a body of which a part could be taken for the whole.

        Raises CountUnavailable where that could not be found out: it has no length, and does not come in chunks.
        """
        if self._response.raw.length_remaining is None and not self._response.raw.chunked:
            raise CountUnavailable(f"{self._response.url:.200} tells neither how long it is nor where it ends")
        return self.chunks()

    def body(self) -> bytes:
        """All of it, decoded. Raises what `chunks` raises."""
        return b"".join(self.chunks())


@contextmanager
def open_page(
    url: str,
    *,
    timeout_seconds: float,
    max_bytes: int = MAX_PAGE_BYTES,
    accept: str = "text/html",
    known: Version | None = None,
) -> Iterator[Page]:
    """The page, to be read while the context is open: at most `max_bytes` bytes, decoded, within `timeout_seconds`.

    The time, on the wall, is for all redirects (at most `MAX_REDIRECTS`), headers and body together, with what is made
    of the body while it comes; see `Deadline` for what connecting may add. A proxy and certificates named in the
    environment are used as `requests` uses them. known: the version that the caller has already. Raises
    CountUnavailable on any error of the network, a status other than 2xx (and 304, where a version is known), and each
    bound that is passed; the message says what happened, where, and the value.
    """
    page: Page | None = None
    with Deadline(timeout_seconds) as deadline, _OneHopSession() as session:
        session.mount("http://", DeadlineAdapter(deadline))
        session.mount("https://", DeadlineAdapter(deadline))
        headers = {**HEADERS, "Accept": accept, **(known.conditions() if known else {})}
        try:
            with _last_hop(session, url, headers, timeout_seconds) as response:
                _check(response, max_bytes, is_conditional=known is not None and bool(known.conditions()))
                page = Page(response, max_bytes, deadline)
                yield page
        except (requests.RequestException, HTTPError) as error:
            if deadline.passed or isinstance(error, requests.Timeout):
                raise _late(url, timeout_seconds) from error
            raise CountUnavailable(f"{url} cannot be read: {_reason(error)}") from error
        except (CountUnavailable, CountUnparsed) as error:
            if _is_cut(page, deadline):
                raise _late(url, timeout_seconds) from error
            raise
        if _is_cut(page, deadline):
            raise _late(url, timeout_seconds)


class _OneHopSession(requests.Session):
    """Leaves redirects to the caller: `requests` reads the whole body of each redirect, however large, into memory."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - the base's signature
        return None


@contextmanager
def _last_hop(
    session: requests.Session, url: str, headers: dict[str, str], timeout_seconds: float
) -> Iterator[requests.Response]:
    target = url
    for _ in range(MAX_REDIRECTS + 1):
        with session.get(target, headers=headers, timeout=timeout_seconds, stream=True) as response:
            if not response.is_redirect:
                yield response
                return
            target = _next_url(response)
    raise CountUnavailable(f"{url} redirects more than {MAX_REDIRECTS} times, the last time to {target[:200]!r}")


def _next_url(response: requests.Response) -> str:
    location = response.headers["location"]
    try:
        return urljoin(response.url, location)
    except ValueError as error:
        raise CountUnavailable(f"{response.url:.200} redirects to {location[:200]!r}, which is no address") from error


def _check(response: requests.Response, max_bytes: int, *, is_conditional: bool) -> None:
    if is_conditional and response.status_code == _NOT_MODIFIED:
        return
    if not 200 <= response.status_code < 300:
        raise CountUnavailable(f"{response.url:.200} answered HTTP {response.status_code}")
    announced = response.raw.length_remaining
    if announced is not None and announced > max_bytes:
        raise CountUnavailable(f"{response.url:.200} announces {announced} bytes, more than the {max_bytes} allowed")


def _is_cut(page: Page | None, deadline: Deadline) -> bool:
    """Whether what was read is the beginning only, since the time was up."""
    return deadline.passed and not (page is not None and page.is_whole)


def _late(url: str, timeout_seconds: float) -> CountUnavailable:
    return CountUnavailable(f"{url} took longer than {timeout_seconds:g} s")


def _reason(error: BaseException) -> str:
    root = error
    while (cause := root.__cause__ or root.__context__) is not None:
        root = cause
    no_internet = isinstance(root, socket.gaierror) or (isinstance(root, OSError) and root.errno in _NO_ROUTE)
    return ("no internet: " if no_internet else "") + f"{type(root).__name__}: {str(root)[:200]}"
