"""How large, how full, how long."""

from pydantic import ValidationInfo, field_validator

from settings.frozen import Frozen, setting

_LARGEST_DOCUMENT = 16_000_000  # MongoDB refuses 16 MiB (16,777,216); the rest is for the fields around `content`
_EVENT_GROWTH = 8  # a post of raw_text, text and arrays of one-letter hashtags is at most this many times its event
_WEEK = 604_800


class Limits(Frozen):
    """Of an event, a document, the spool, and of how long repeats are known."""

    group = "limits"

    max_event_bytes: int = setting(1_000_000, "a longer event is a dead letter", ge=1_000, le=2_000_000)
    max_document_bytes: int = setting(
        8_000_000,
        f"a larger micro-batch becomes parts; at least {_EVENT_GROWTH} x MAX_EVENT_BYTES",
        le=_LARGEST_DOCUMENT,
    )
    spool_max_bytes: int = setting(10_000_000_000, "a fuller spool stops reading the feed", ge=1_000_000)
    deduplicate_within_seconds: float = setting(
        3_600,
        "an event that a feed sends again within so long is dropped, over restarts too; 0: none",
        ge=0,
        le=_WEEK,
    )

    @field_validator("deduplicate_within_seconds")
    @classmethod
    def _knows_what_came_twice(cls, value: float, info: ValidationInfo) -> float:
        if not value and len(info.data.get("mastodon_hashtags", ())) > 1:
            raise ValueError("it must be more than 0: a post with several of MASTODON_HASHTAGS comes several times")
        return value

    @field_validator("max_document_bytes")
    @classmethod
    def _holds_the_longest_post(cls, value: int, info: ValidationInfo) -> int:
        least = _EVENT_GROWTH * info.data.get("max_event_bytes", 0)
        if value < least:
            raise ValueError(f"it must be at least {least}, {_EVENT_GROWTH} x max_event_bytes")
        return value
