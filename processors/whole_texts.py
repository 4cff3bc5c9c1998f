"""The whole text of a post where X cuts it: in `text` beside a note, and in a repost."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from processors.posts import decode_entities, is_blank, once, repost_prefix, reposted_names


def text_and_entities(text: Column, note: Column, entities: Column) -> tuple[Column, Column]:
    """`text` and `entities` of a post, named so: those of its note, where it is a long one.

    What stands beside a note belongs to its beginning only (https://docs.x.com/x-api/fundamentals/data-dictionary).
    """
    is_long = note["text"].isNotNull()
    return (
        F.coalesce(note["text"], text).alias("text"),
        F.when(is_long, note["entities"]).otherwise(entities).alias("entities"),
    )


def words_of(tweet: Column, json: Column) -> Column:
    """`STRUCT<raw_text, decoded, entities, reposted>` of a tweet: what its text, hashtags, mentions and urls come from.

    X cuts the text of a repost, and lists what is in the rest of it only. Where it has sent the post that is repeated
    (in `includes.tweets`, https://docs.x.com/x-api/fundamentals/expansions), `decoded` and `entities` are that post's,
    whole: `text` becomes the same as that of the post itself. `raw_text` is the repost's own `RT @name: ` and the whole
    text, and `reposted` holds that name, which X lists first among a repost's mentions. Where the post is not there or
    its text is none, they are the repost's own.
    """
    own = _words(tweet["text"], tweet["text"], tweet["entities"], F.array().cast("array<string>"))
    return F.coalesce(_words_of_repost(tweet, json), own)


def is_nested(text: Column, json: Column) -> Column:
    """Whether a text may have been an object or array in the JSON.

    A nested `text` comes out of the reader as its JSON, which a text may also just look like.
    """
    return (text.startswith("[") | text.startswith("{")) & json.rlike(r'"text"\s*:\s*[\[{]')


def _words_of_repost(tweet: Column, json: Column) -> Column:
    """Null where the tweet is no repost, and where the post that it repeats is not there."""
    repeated = F.filter(tweet["included"], lambda each: each["id"] == tweet["reference"]["id"])
    return F.when(
        tweet["reference"]["type"] == "retweeted",
        once(_fields_of(F.get(repeated, F.lit(0))), lambda post: _repeated(tweet["text"], post, json)),
    )


def _fields_of(included: Column) -> Column:
    return F.struct(*text_and_entities(included["text"], included["note_tweet"], included["entities"]))


def _repeated(repost: Column, post: Column, json: Column) -> Column:
    """The words of a repost's text and the post that it repeats; null where that has no text."""
    raw_text = F.concat(repost_prefix(repost), post["text"])
    return F.when(
        ~is_blank(post["text"]) & ~is_nested(post["text"], json),
        _words(raw_text, post["text"], post["entities"], reposted_names(repost)),
    )


def _words(raw_text: Column, text: Column, entities: Column, reposted: Column) -> Column:
    return F.struct(
        raw_text.alias("raw_text"),
        decode_entities(text).alias("decoded"),
        entities.alias("entities"),
        reposted.alias("reposted"),
    )
