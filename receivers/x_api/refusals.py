"""Where waiting does not help: what X says then, and what a person can do."""

from errors import CannotStart
from receivers.x_api.ended import Ended

_MAY_HEAL = (408, 409, 420, 425, 429)
_ADVICE = {
    401: "X does not know CASESTREAM_TWITTER_BEARER_TOKEN: take the app's token from X's developer console",
    402: "the account at X has no credits left: buy some, or raise its spending limit, in X's developer console",
    403: "the app of CASESTREAM_TWITTER_BEARER_TOKEN may not read the filtered stream: see its access in X's console",
}
_TAKEN = (
    "another connection holds the only one that this token has. Stop the other job or program, or give this job an app "
    "and a token of its own; a connection that was cut off is free again within minutes"
)


def raise_if_hopeless(ended: Ended) -> None:
    """Raises CannotStart where no later try can be better."""
    if 400 <= ended.status < 500 and ended.status not in _MAY_HEAL:
        advice = _ADVICE.get(ended.status, "Correct the settings that begin with TWITTER_")
        raise CannotStart(f"X refused: {ended.why}. {advice}.")


def taken(ended: Ended) -> CannotStart:
    """The error for a token whose connection somebody else has."""
    return CannotStart(f"X refused: {ended.why}. {_TAKEN}.")
