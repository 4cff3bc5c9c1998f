"""What a job that reads X's filtered stream is told."""

from typing import Annotated

from pydantic import AfterValidator

from settings.frozen import Frozen, setting
from settings.types import Names, Token, WebAddress


def _rules(value: str) -> str:
    lines = [line.strip() for line in value.splitlines() if line.strip()]
    if not lines:
        raise ValueError("it must hold a rule: what X is to look for, one a line")
    if len(set(lines)) < len(lines):
        raise ValueError("it must hold each rule once")
    return "\n".join(lines)


Rules = Annotated[str, AfterValidator(_rules)]
NamesOrNone = Annotated[Names, AfterValidator(lambda names: () if names == ("none",) else names)]


class Twitter(Frozen):
    """The app at X, what to ask for, what it may cost."""

    group = "twitter"

    twitter_bearer_token: Token | None = setting(None, "bearer token of an app at X; required for twitter")
    twitter_rules: Rules = setting(
        "covid19 OR coronavirus", "which posts to ask X for: a rule a line, `rule` or `tag: rule`"
    )
    twitter_api_url: WebAddress = setting("https://api.x.com", "another address of X's API: a stand-in")
    twitter_expansions: NamesOrNone = setting(
        ("referenced_tweets.id",),
        "what X sends along with a post, and may charge for: by default the post it refers to; none: nothing",
        validate_default=True,
    )
    twitter_backfill_minutes: int = setting(
        0, "minutes that X repeats after a break, for accounts that have it; 0: none", ge=0, le=5
    )
    twitter_daily_posts: int | None = setting(
        None,
        "most posts of a UTC day, for all jobs of the token; then the stream is closed until the next",
        gt=0,
    )
    twitter_monthly_posts: int | None = setting(None, "the same for a calendar month, UTC", gt=0)
