"""Tweets of X's API v1.1, as archives have them, written anew as X API v2 has them: so they become the same posts.

One JSON object a line, whole in `full_text` (twarc 1) or in `extended_tweet` (streams), and a stream's deletions:
https://developer.x.com/en/docs/x-api/v1/data-dictionary/object-model/tweet,
https://developer.x.com/en/docs/x-api/v1/tweets/filter-realtime/guides/streaming-message-types
"""

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from processors.json_event import find_json, is_json
from processors.posts import removal_only
from processors.references import IDENTIFIER
from processors.steps import Found
from processors.tweets_v1_entities import ENTITIES, EXTENDED_ENTITIES, entities_v2

# Every leaf is a string, but for the counts: see `tweets`.
_NAME = "id_str STRING, id STRING"
_WORDS = f"""
    {_NAME}, text STRING, full_text STRING, entities {ENTITIES}, extended_entities {EXTENDED_ENTITIES},
    extended_tweet STRUCT<full_text STRING, entities {ENTITIES}, extended_entities {EXTENDED_ENTITIES}>
"""
_TWEET = f"""
    {_WORDS}, created_at STRING, lang STRING, user STRUCT<{_NAME}>,
    retweeted_status STRUCT<{_WORDS}>, quoted_status STRUCT<{_NAME}>,
    quoted_status_id_str STRING, quoted_status_id STRING,
    in_reply_to_status_id_str STRING, in_reply_to_status_id STRING,
    edit_history STRUCT<edit_tweet_ids ARRAY<STRING>>,
    favorite_count BIGINT, retweet_count BIGINT, reply_count BIGINT, quote_count BIGINT
"""
_EVENT = f"STRUCT<{_TWEET}, `delete` STRUCT<status STRUCT<{_NAME}>>>"
_SIGNS = ('"id_str"', '"in_reply_to_status_id"', '"delete"')  # one is in each of them, and none in X API v2
_STRICTLY = {"allowSingleQuotes": "false", "allowUnquotedControlChars": "true"}
_NESTED_TEXT = r'"(full_)?text"\s*:\s*[\[{]'

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WRITTEN = r"^\w{3} (\w{3}) (\d{2}) (\S{8}) (\S{5}) (\d{4})\z"


def find_v1(found: Found) -> Mapping[str, Column]:
    """`v1_json`: the event, where it may be of v1.1."""
    signs = [found["event"].contains(sign) for sign in _SIGNS]
    return {"v1_json": F.when(signs[0] | signs[1] | signs[2], find_json(found)["json"])}


def read_v1(found: Found) -> Mapping[str, Column]:
    """`v1`: its fields, where it is one whole JSON object."""
    json = found["v1_json"]
    return {"v1": F.when(json.startswith("{") & is_json(json), F.from_json(json, _EVENT, _STRICTLY))}


def write_v2(found: Found) -> Mapping[str, Column]:
    """`event`: a tweet of v1.1 as one of v2, all else as it is; `deleted`: the id that a deletion names."""
    tweet, deleted = found["v1"], _id(found["v1"]["delete"]["status"])
    text = _text(tweet)
    is_nested = (text.startswith("{") | text.startswith("[")) & found["v1_json"].rlike(_NESTED_TEXT)
    is_tweet = text.isNotNull() & _id(tweet["user"]).isNotNull() & ~is_nested
    return {
        "event": F.when(is_tweet, _v2(tweet)).otherwise(found["event"]),
        "deleted": F.when(text.isNull() & deleted.rlike(IDENTIFIER), deleted),
    }


def or_removal(found: Found, outcome: Column) -> Column:
    """The outcome of `write_v2`'s event; of a deletion that the post goes."""
    return F.when(found["deleted"].isNotNull(), removal_only(found["deleted"])).otherwise(outcome)


def _v2(tweet: Column) -> Column:
    reposted = tweet["retweeted_status"]
    data = F.struct(
        *_words(tweet),
        _iso(tweet["created_at"]).alias("created_at"),
        tweet["lang"].alias("lang"),
        _id(tweet["user"]).alias("author_id"),
        _references(tweet).alias("referenced_tweets"),
        tweet["edit_history"]["edit_tweet_ids"].alias("edit_history_tweet_ids"),
        F.struct(
            tweet["favorite_count"].alias("like_count"),
            *(tweet[name] for name in ("retweet_count", "reply_count", "quote_count")),
        ).alias("public_metrics"),
    )
    includes = F.struct(F.array(F.when(_id(reposted).isNotNull(), F.struct(*_words(reposted)))).alias("tweets"))
    return F.to_json(F.struct(data.alias("data"), includes.alias("includes")))


def _words(tweet: Column) -> tuple[Column, ...]:
    whole = tweet["extended_tweet"]
    is_cut = whole["full_text"].isNotNull()
    entities = F.when(is_cut, entities_v2(whole)).otherwise(entities_v2(tweet))
    return _id(tweet).alias("id"), _text(tweet).alias("text"), entities.alias("entities")


def _text(tweet: Column) -> Column:
    return F.coalesce(tweet["extended_tweet"]["full_text"], tweet["full_text"], tweet["text"])


def _references(tweet: Column) -> Column:
    """As v2 has them; a repost of a quote has that quote's beside its own, and is a repost all the same."""
    quoted = F.coalesce(tweet["quoted_status_id_str"], tweet["quoted_status_id"], _id(tweet["quoted_status"]))
    answered = F.coalesce(tweet["in_reply_to_status_id_str"], tweet["in_reply_to_status_id"])
    kinds = {"retweeted": _id(tweet["retweeted_status"]), "quoted": quoted, "replied_to": answered}
    return F.array_compact(
        F.array(
            *(F.when(to.isNotNull(), F.struct(F.lit(kind).alias("type"), to.alias("id"))) for kind, to in kinds.items())
        )
    )


def _id(thing: Column) -> Column:
    """Whoever goes through JavaScript rounds `id`."""
    return F.coalesce(thing["id_str"], thing["id"])


def _iso(written: Column) -> Column:
    """`Wed Oct 10 20:19:24 +0000 2018` by ISO 8601; all else as it is, for `instants.instant` to judge."""
    names = F.array(*map(F.lit, _MONTHS))
    month = F.lpad(F.call_function("array_position", names, _part(written, 1)).cast("string"), 2, "0")
    date = F.concat_ws("-", _part(written, 5), month, _part(written, 2))
    iso = F.concat(date, F.lit("T"), _part(written, 3), _part(written, 4))
    return F.when(written.rlike(_WRITTEN), iso).otherwise(written)


def _part(written: Column, group: int) -> Column:
    return F.regexp_extract(written, _WRITTEN, group)
