"""What a job that reads a Mastodon instance is told."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from settings.frozen import Frozen, setting
from settings.types import Token, WebAddress, names

_MOST_HASHTAGS = 10


def _hashtags(hashtags: tuple[str, ...]) -> tuple[str, ...]:
    hashtags = tuple(name.removeprefix("#") for name in hashtags)
    if not all(re.fullmatch(r"\w{1,100}", name) and not name.isdigit() for name in hashtags):
        raise ValueError("it must be hashtags: letters, digits and underscores, with or without #, commas between")
    if len({name.lower() for name in hashtags}) < len(hashtags):
        raise ValueError("it must hold each hashtag once")
    if len(hashtags) > _MOST_HASHTAGS:
        raise ValueError(f"it must be {_MOST_HASHTAGS} hashtags at most: each is a connection to the instance")
    return hashtags


Hashtags = Annotated[tuple[str, ...], NoDecode, BeforeValidator(names), AfterValidator(_hashtags)]


class Mastodon(Frozen):
    """The instance, what to hear of it, whose posts are stored."""

    group = "mastodon"

    mastodon_url: WebAddress | None = setting(None, "an instance, https://mastodon.example; required for mastodon")
    mastodon_token: Token | None = setting(
        None, "access token of an account at the instance, scope read:statuses; required for mastodon"
    )
    mastodon_stream: Literal["public", "public:local", "public:remote", "hashtags"] = setting(
        "public",
        "what to hear: public (all that the instance knows of), public:local, public:remote or hashtags",
    )
    mastodon_hashtags: Hashtags = setting(
        (),
        "with MASTODON_STREAM=hashtags: which, with commas between, ten at most; a connection for each",
        validate_default=True,
    )
    mastodon_authors: Literal["not-opted-out", "opted-in", "all"] = setting(
        "not-opted-out",
        "whose posts are stored: not-opted-out (all but those of who says no to being indexed), opted-in (of who says "
        "yes to it) or all",
    )
    mastodon_backfill_posts: int = setting(
        4_000, "most posts that are fetched after a gap, to fill it; 0: none", ge=0, le=100_000
    )

    @field_validator("mastodon_hashtags")
    @classmethod
    def _goes_with_the_stream(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        stream = info.data.get("mastodon_stream")
        if stream == "hashtags" and not value:
            raise ValueError("it must name a hashtag: MASTODON_STREAM is hashtags")
        if stream not in ("hashtags", None) and value:
            raise ValueError(f"it must stand beside MASTODON_STREAM=hashtags, which is {stream}")
        return value
