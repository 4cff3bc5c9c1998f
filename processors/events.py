"""One event, text or JSON, to a post or a problem: what the Kafka and the socket source have in common."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from processors.posts import (
    clean_text,
    decode_entities,
    find_hashtags,
    find_mentions,
    find_urls,
    is_repost,
    once,
    post_only,
    problem_only,
)

# Fields of a post in X API v2 (https://docs.x.com/x-api/fundamentals/data-dictionary). Every leaf is a string: an id
# above 2^53 keeps its digits, and a number where text belongs fails nothing.
_TWEET = """
    id STRING, text STRING, created_at STRING, lang STRING, author_id STRING, author STRING,
    note_tweet STRUCT<text STRING>,
    referenced_tweets ARRAY<STRUCT<type STRING>>,
    entities STRUCT<
        hashtags ARRAY<STRUCT<tag STRING>>,
        mentions ARRAY<STRUCT<username STRING>>,
        urls ARRAY<STRUCT<url STRING, expanded_url STRING>>
    >
"""
# Read as an array of one: Spark looks no further than the end of its root, and `{…}{…}` would lose its second half.
_PAYLOAD = f"ARRAY<STRUCT<data STRUCT<{_TWEET}>, {_TWEET}>>"
_JSON = {"allowSingleQuotes": "false", "allowNonNumericNumbers": "false", "allowUnquotedControlChars": "true"}

_BEFORE_JSON = r"^[\s\x{FEFF}]+"
_BLANK = r"^[\s\p{Z}\x85\x{FEFF}]*$"
_ISO_8601 = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?$"
_IDENTIFIER = r"^[^\s{}\[\]\"]{1,512}$"


def post_or_problem(event: Column) -> Column:
    """One decoded event to `STRUCT<post, problem>`, exactly one of the two null.

    A JSON object with `text` is read by field, with or without X's `data` envelope; other JSON is no post; any other
    line is a post whose text is that line. `id` and `created_at` are null where the event has none.
    """
    bare = F.regexp_replace(event, _BEFORE_JSON, "")
    is_object = bare.startswith("{")
    documents = F.from_json(F.when(is_object, F.concat(F.lit("["), bare, F.lit("]"))), _PAYLOAD, _JSON)
    is_array = bare.startswith("[") & F.json_array_length(bare).isNotNull()
    return once(
        documents,
        lambda read: (
            F.when(is_object & (F.coalesce(F.size(read), F.lit(-1)) != 1), problem_only("not_json"))
            .when(is_array, problem_only("not_a_post"))
            .otherwise(once(_flat(read[0], F.when(~is_object, event)), lambda tweet: _outcome(tweet, event)))
        ),
    )


def _flat(read: Column, plain_text: Column) -> Column:
    """The fields of a tweet, from inside the envelope or beside it; of a plain line only the text."""

    def field(name: str) -> Column:
        return F.coalesce(read["data"][name], read[name])

    return F.struct(
        field("id").alias("id"),
        F.coalesce(plain_text, field("note_tweet")["text"], field("text")).alias("text"),
        field("created_at").alias("created_at"),
        field("lang").alias("lang"),
        F.coalesce(field("author_id"), field("author")).alias("author"),
        field("referenced_tweets")["type"].alias("referenced"),
        field("entities").alias("entities"),
    )


def _outcome(tweet: Column, event: Column) -> Column:
    return (
        F.when(tweet["text"].isNull(), problem_only("not_a_post"))
        .when(tweet["text"].rlike(_BLANK), problem_only("no_text"))
        .when(_has_bad_field(tweet, event), problem_only("bad_field"))
        .otherwise(once(decode_entities(tweet["text"]), lambda decoded: _post(tweet, decoded)))
    )


def _post(tweet: Column, decoded: Column) -> Column:
    entities = tweet["entities"]
    links = F.transform(entities["urls"], lambda url: F.coalesce(url["expanded_url"], url["url"]))
    return post_only(
        F.struct(
            tweet["id"].alias("id"),
            _kind(tweet).alias("kind"),
            clean_text(decoded).alias("text"),
            tweet["text"].alias("raw_text"),
            _created_at(tweet["created_at"]).alias("created_at"),
            tweet["lang"].alias("lang"),
            tweet["author"].alias("author"),
            F.coalesce(F.array_compact(entities["hashtags"]["tag"]), find_hashtags(decoded)).alias("hashtags"),
            F.coalesce(F.array_compact(entities["mentions"]["username"]), find_mentions(decoded)).alias("mentions"),
            F.coalesce(F.array_compact(links), find_urls(decoded)).alias("urls"),
        )
    )


def _created_at(written: Column) -> Column:
    instant = F.date_trunc("millisecond", F.when(written.rlike(_ISO_8601), written.cast("timestamp")))
    return F.when(F.year(instant).between(1970, 2100), instant)


def _kind(tweet: Column) -> Column:
    return (
        F.when(F.array_contains(tweet["referenced"], "retweeted"), "repost")
        .when(F.array_contains(tweet["referenced"], "quoted"), "quote")
        .when(F.array_contains(tweet["referenced"], "replied_to"), "reply")
        .when(is_repost(tweet["text"]), "repost")
        .otherwise("post")
    )


def _has_bad_field(tweet: Column, event: Column) -> Column:
    bad_time = tweet["created_at"].isNotNull() & _created_at(tweet["created_at"]).isNull()
    bad_name = F.lit(False)
    for name in ("id", "lang", "author"):
        bad_name = bad_name | (tweet[name].isNotNull() & ~tweet[name].rlike(_IDENTIFIER))
    # A nested `text` comes out of the reader as its JSON, which a text may also just look like.
    bad_text = tweet["text"].rlike(r"^[\[{]") & event.rlike(r'"text"\s*:\s*[\[{]')
    return bad_time | bad_name | bad_text
