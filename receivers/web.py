"""HTTP as receivers of several sources need it."""

import re
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import ReadTimeoutError


class Bearer(AuthBase):
    """The token, whatever a .netrc says."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


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
