"""What X's API v1.1 says of pieces of a tweet's text, as X API v2 says it.

https://developer.x.com/en/docs/x-api/v1/data-dictionary/object-model/entities
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

_LINKS = "ARRAY<STRUCT<url STRING, expanded_url STRING>>"
EXTENDED_ENTITIES = f"STRUCT<media {_LINKS}>"
ENTITIES = f"""STRUCT<
    hashtags ARRAY<STRUCT<text STRING>>, user_mentions ARRAY<STRUCT<screen_name STRING>>, urls {_LINKS}, media {_LINKS}
>"""


def entities_v2(tweet: Column) -> Column:
    """`entities` of v2 out of those of a tweet, or of an `extended_tweet`; null where it has none.

    v2 leaves out what is empty, and names pictures among the links; v1.1 has the first one only in `entities`, all of
    them in `extended_entities`.
    """
    own = tweet["entities"]
    pictures = F.coalesce(tweet["extended_entities"]["media"], own["media"])
    return F.when(
        own.isNotNull(),
        F.struct(
            _named(own["hashtags"], "text", "tag").alias("hashtags"),
            _named(own["user_mentions"], "screen_name", "username").alias("mentions"),
            _unless_empty(F.concat(_or_nothing(own["urls"]), _or_nothing(pictures))).alias("urls"),
        ),
    )


def _named(pieces: Column, theirs: str, ours: str) -> Column:
    return _unless_empty(F.transform(pieces, lambda piece: F.struct(piece[theirs].alias(ours))))


def _or_nothing(links: Column) -> Column:
    return F.coalesce(links, F.array().cast("array<struct<url: string, expanded_url: string>>"))


def _unless_empty(pieces: Column) -> Column:
    return F.when(F.size(pieces) > 0, pieces)
