"""HTTP as receivers of several sources need it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import ReadTimeoutError

from errors import CannotStart
from receivers.outage import Reason, kind_of_status

_LONGEST_WAIT_SECONDS = 86_400.0


class Bearer(AuthBase):
    """The token, whatever a .netrc says."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def session_of(token: SecretStr | None, transport: HTTPAdapter) -> requests.Session:
    """Over that transport, with the bearer token where there is one."""
    session = requests.Session()
    session.headers["User-Agent"] = "casestream"
    for scheme in ("http://", "https://"):
        session.mount(scheme, transport)
    if token is not None:
        session.auth = Bearer(token.get_secret_value())
    return session


def raise_if_refused(answer: requests.Response) -> None:
    """Raises CannotStart where the answer is that SOURCE_TOKEN is not good enough."""
    if answer.status_code in (requests.codes.unauthorized, requests.codes.forbidden):
        raise CannotStart(f"{host_of(answer.url)} answers {answer.status_code}: correct SOURCE_TOKEN")


def turned_away(answer: requests.Response, peer: str, now: datetime) -> Reason | None:
    """Why the answer is not what was asked for; None where it is. peer: who was asked."""
    if answer.status_code == requests.codes.ok:
        return None
    seconds = retry_after(answer.headers.get("Retry-After", ""), now) or 0
    why = f"{peer} answers {answer.status_code}"
    return Reason(why, kind_of_status(answer.status_code), seconds)


def said(error: BaseException | None, sign_of_life: str) -> str:
    """A network error in a few words: requests wraps the cause several times. sign_of_life: what should have come."""
    while error is not None and (inner := getattr(error, "reason", None) or next(iter(error.args), None)) is not None:
        if not isinstance(inner, BaseException):
            break
        error = inner
    if isinstance(error, TimeoutError | ReadTimeoutError):
        return f"nothing came in time, not even {sign_of_life}"
    text = " ".join(re.sub(r"<[^>]* object at [^>]*>: |\w+\(host=[^)]*\): ", "", str(error)).split())
    return f"the connection broke: {type(error).__name__}: {text[:300]}"


def host_of(url: str) -> str:
    """`api.x.com` of its URL, for logs."""
    return urlsplit(url).netloc.rsplit("@", 1)[-1]


def retry_after(header: str, now: datetime) -> float | None:
    """What a `Retry-After` (RFC 9110, 10.2.3) asks for, in seconds, a day at the most; None: nothing, or it is past."""
    if re.fullmatch(r"\d{1,9}", written := header.strip()):
        return min(float(written), _LONGEST_WAIT_SECONDS)
    return seconds_until(written, parsedate_to_datetime, now)


def seconds_until(written: str, read: Callable[[str], datetime], now: datetime) -> float | None:
    """Seconds from now to a date that is written so, a day at the most; None where there is none, or it is past."""
    try:
        moment = read(written)
        until = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (until - now).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(seconds, _LONGEST_WAIT_SECONDS) if seconds > 0 else None
