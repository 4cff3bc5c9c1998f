"""Read one web page, bounded in time, size and redirects whatever the server does."""

import errno
import socket
from urllib.parse import urljoin

import requests
from urllib3.exceptions import HTTPError

from casestream import __version__
from errors import CountUnavailable
from scraper.deadline import Deadline, DeadlineAdapter

MAX_PAGE_BYTES = 5_000_000
MAX_REDIRECTS = 5

HEADERS = {
    "User-Agent": f"casestream/{__version__} (coronavirus case count, one request per micro-batch)",
    "Accept": "text/html",
    "Accept-Encoding": "gzip",
}
_CHUNK_BYTES = 65_536
_NO_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}


def fetch_page(url: str, *, timeout_seconds: float, max_bytes: int = MAX_PAGE_BYTES) -> bytes:
    """Return the page's decoded body, at most `max_bytes` bytes, read within `timeout_seconds` of wall time.

    The time is for all redirects (at most `MAX_REDIRECTS`), headers and body together; see `Deadline` for what
    connecting may add. A proxy and certificates named in the environment are used as `requests` uses them.
    Raises CountUnavailable on any error of the network, a status other than 2xx, and each bound that is passed; the
    message says what happened, where, and the value.
    """
    with Deadline(timeout_seconds) as deadline, _OneHopSession() as session:
        session.mount("http://", DeadlineAdapter(deadline))
        session.mount("https://", DeadlineAdapter(deadline))
        try:
            body = _read(session, url, timeout_seconds, max_bytes)
        except (requests.RequestException, HTTPError) as error:
            if deadline.passed or isinstance(error, requests.Timeout):
                raise _late(url, timeout_seconds) from error
            raise CountUnavailable(f"{url} cannot be read: {_reason(error)}") from error
        if deadline.passed:
            raise _late(url, timeout_seconds)
        return body


class _OneHopSession(requests.Session):
    """Leaves redirects to the caller: `requests` reads the whole body of each redirect, however large, into memory."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - the base's signature
        return None


def _read(session: requests.Session, url: str, timeout_seconds: float, max_bytes: int) -> bytes:
    target = url
    for _ in range(MAX_REDIRECTS + 1):
        with session.get(target, headers=HEADERS, timeout=timeout_seconds, stream=True) as response:
            if not response.is_redirect:
                _check(response, max_bytes)
                return _body(response, max_bytes)
            target = _next_url(response)
    raise CountUnavailable(f"{url} redirects more than {MAX_REDIRECTS} times, the last time to {target[:200]!r}")


def _next_url(response: requests.Response) -> str:
    location = response.headers["location"]
    try:
        return urljoin(response.url, location)
    except ValueError as error:
        raise CountUnavailable(f"{response.url:.200} redirects to {location[:200]!r}, which is no address") from error


def _check(response: requests.Response, max_bytes: int) -> None:
    if not 200 <= response.status_code < 300:
        raise CountUnavailable(f"{response.url:.200} answered HTTP {response.status_code}")
    announced = response.raw.length_remaining
    if announced is not None and announced > max_bytes:
        raise CountUnavailable(f"{response.url:.200} announces {announced} bytes, more than the {max_bytes} allowed")


def _body(response: requests.Response, max_bytes: int) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        body += chunk
        if len(body) > max_bytes:
            raise CountUnavailable(f"{response.url:.200} sent more than the {max_bytes} bytes allowed")
    return bytes(body)


def _late(url: str, timeout_seconds: float) -> CountUnavailable:
    return CountUnavailable(f"{url} took longer than {timeout_seconds:g} s")


def _reason(error: BaseException) -> str:
    root = error
    while (cause := root.__cause__ or root.__context__) is not None:
        root = cause
    no_internet = isinstance(root, socket.gaierror) or (isinstance(root, OSError) and root.errno in _NO_ROUTE)
    return ("no internet: " if no_internet else "") + f"{type(root).__name__}: {str(root)[:200]}"
