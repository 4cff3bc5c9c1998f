"""Names of hosts that no network can be asked for: half of the clients break at those.

A name is parts of 1 to 63 letters with dots between: https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from pydantic import AfterValidator


def refuse_misnamed(hosts: Iterable[str]) -> None:
    """Raises ValueError where one of them has no name that there may be."""
    if not all(map(_is_host, hosts)):
        raise ValueError("each part of a host's name, between its dots, must have 1 to 63 letters")


def host_of(address: str) -> str:
    """`host` of scheme://user@host:port/path; empty where it has none, or none that can be told from the rest."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:  # a bracket that is not closed
        return ""


def _host(value: str) -> str:
    refuse_misnamed([value])
    return value


def refuse_address(address: str) -> None:
    """Raises ValueError where its host has no name that there may be, or its port is none."""
    refuse_misnamed([host_of(address)])
    try:
        _ = urlsplit(address).port
    except ValueError:
        raise ValueError("its port must be a number up to 65535") from None


def _address(value: str) -> str:
    refuse_address(value)
    return value


OF_HOST = AfterValidator(_host)
OF_ADDRESS = AfterValidator(_address)


def _is_host(host: str) -> bool:
    try:
        return bool(host.strip("[]").encode("idna"))
    except UnicodeError:
        return False
