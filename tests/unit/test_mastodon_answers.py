"""What an instance refuses with, how long to wait then, and where waiting does not help."""

from datetime import UTC, datetime

import pytest

from errors import CannotStart
from receivers.mastodon_api.answers import is_used_up, refused

NOW = datetime(2026, 1, 2, tzinfo=UTC)
USED_UP = {"X-RateLimit-Remaining": "0"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error":"Invalid access token"}', "HTTP 401: Invalid access token"),
        (
            b'{"error":"invalid_token","error_description":"It was\\nrevoked"}',
            "HTTP 401: invalid_token: It was revoked",
        ),
        (b"<html>\n no </html>", "HTTP 401: <html> no </html>"),
        (b"", "HTTP 401"),
        (b"[1]", "HTTP 401: [1]"),
        (b"\xff" + b"x" * 10_000, "HTTP 401: \ufffd" + "x" * 499),
    ],
)
def test_the_instance_s_own_words_are_told(body: bytes, words: str) -> None:
    assert str(refused(401, {}, body, NOW)) == words


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120),
        ({"retry-after": "Fri, 02 Jan 2026 00:01:00 GMT"}, 60),
        ({"Retry-After": "Thu, 01 Jan 2026 00:00:00 GMT"}, None),
        ({"Retry-After": "999999999"}, 86_400),
        ({"Retry-After": "soon"}, None),
        ({**USED_UP, "X-RateLimit-Reset": "2026-01-02T00:05:00.738231Z"}, 300.738231),
        ({**USED_UP, "X-RateLimit-Reset": "2026-01-01T00:00:00Z"}, None),
        ({**USED_UP, "X-RateLimit-Reset": "later"}, None),
        ({"X-RateLimit-Remaining": "7", "X-RateLimit-Reset": "2026-01-02T00:05:00Z"}, None),
        ({"Retry-After": "5", **USED_UP, "X-RateLimit-Reset": "2026-01-02T00:05:00Z"}, 5),
        ({}, None),
    ],
)
def test_a_wish_to_be_asked_later_is_heeded(headers: dict[str, str], seconds: float | None) -> None:
    assert refused(429, headers, b"", NOW).retry_after == seconds


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_at_the_start_a_refusal_ends_the_job_with_words_and_advice(status: int) -> None:
    with pytest.raises(CannotStart, match=rf"HTTP {status}: no\. .*MASTODON_"):
        refused(status, {}, b'{"error":"no"}', NOW).raise_if_hopeless(was_connected=False)


@pytest.mark.parametrize("status", [301, 408, 425, 429, 500, 502, 503, 504])
def test_what_may_heal_is_waited_for(status: int) -> None:
    refused(status, {}, b"", NOW).raise_if_hopeless(was_connected=False)


def test_later_on_only_a_refused_token_ends_the_job() -> None:
    for status in (403, 404, 422):
        refused(status, {}, b"", NOW).raise_if_hopeless(was_connected=True)
    with pytest.raises(CannotStart, match="CASESTREAM_MASTODON_TOKEN"):
        refused(401, {}, b"", NOW).raise_if_hopeless(was_connected=True)


def test_the_last_request_of_a_window_is_known() -> None:
    assert is_used_up(USED_UP)
    assert not is_used_up({"X-RateLimit-Remaining": "10"})
    assert not is_used_up({})
