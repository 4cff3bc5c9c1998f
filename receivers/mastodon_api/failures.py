"""Why there is no stream of an instance: in words, of which kind, and how long to wait before the next try."""

from tenacity import RetryCallState, wait_exponential_jitter

from receivers.mastodon_api.answers import Refused
from receivers.mastodon_api.instance import NETWORK_ERRORS
from receivers.outage import NOBODY, kind_of_status
from receivers.reaching import error_of
from receivers.web import said

FAILURES = (Refused, *NETWORK_ERRORS)
"""What asking for a stream can raise where another try may help."""

_AFTER_NETWORK = wait_exponential_jitter(multiplier=0.5, max=30, jitter=0.5)
_AFTER_REFUSAL = wait_exponential_jitter(multiplier=5, max=300, jitter=2)


def why(failure: Exception) -> str:
    """In the instance's own words, where it has said something."""
    return str(failure) if isinstance(failure, Refused) else said(failure, "an answer")


def kind_of(failure: Exception) -> str:
    """Of the reason, see `receivers.outage`."""
    return kind_of_status(failure.status) if isinstance(failure, Refused) else NOBODY


def pause(attempt: RetryCallState) -> float:
    """Seconds until the next try: as many as the instance asks for, else more each time."""
    failure = error_of(attempt)
    if isinstance(failure, Refused):
        return _AFTER_REFUSAL(attempt) if failure.retry_after is None else failure.retry_after
    return _AFTER_NETWORK(attempt)
