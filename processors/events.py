"""One event, text or JSON, to a post or a problem: what the Kafka and the socket source have in common."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from processors.posts import (
    clean_text,
    decode_entities,
    find_hashtags,
    find_mentions,
    find_urls,
    is_blank,
    is_repost,
    once,
    post_only,
    problem_only,
)
from processors.tweets import is_json, tweet_or_problem

_NOT_IN_A_TEXT = ("created_at", "lang", "author", "refers_to", "edit_of", "metrics")


def post_or_problem(event: Column) -> Column:
    """One decoded event to `STRUCT<post, problem>`, exactly one of the two null.

    A JSON object is read by `tweets.tweet_or_problem`; an array is no post; any other line is a post whose text is that
    line (people do write a number, a word in quotes, `null`). What begins as an object or as an array of objects is
    taken for JSON. `id` and `created_at` are null where there is none.
    """
    return tweet_or_problem(event, lambda json: _array_or_text(event, json))


def _array_or_text(event: Column, json: Column) -> Column:
    return (
        F.when(json.startswith("[") & is_json(json), problem_only("not_a_post"))
        .when(json.startswith('[{"'), problem_only("not_json"))
        .when(is_blank(event), problem_only("no_text"))
        .otherwise(once(decode_entities(event), lambda decoded: post_only(_post(event, decoded))))
    )


def _post(text: Column, decoded: Column) -> Column:
    nothing = F.lit(None)
    return F.struct(
        nothing.alias("id"),
        F.when(is_repost(text), "repost").otherwise("post").alias("kind"),
        clean_text(decoded).alias("text"),
        text.alias("raw_text"),
        *(nothing.alias(name) for name in _NOT_IN_A_TEXT),
        find_hashtags(decoded).alias("hashtags"),
        find_mentions(decoded).alias("mentions"),
        find_urls(decoded).alias("urls"),
    )
