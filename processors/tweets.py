"""One JSON object, a post as X API v2 has it, to a post or a problem: what all sources of JSON have in common."""

from collections.abc import Callable

from pyspark.sql import Column
from pyspark.sql import functions as F

from processors.metrics import PUBLIC_METRICS, metrics
from processors.posts import (
    clean_text,
    find_hashtags,
    find_mentions,
    find_urls,
    is_blank,
    once,
    post_only,
    problem_only,
)
from processors.references import IDENTIFIER, chosen, edit_of, kind, refers_to
from processors.whole_texts import is_nested, text_and_entities, words_of

# Fields of a post in X API v2 (https://docs.x.com/x-api/fundamentals/data-dictionary). Every leaf is a string, but
# for the metrics: an id above 2^53 keeps its digits, and a number where text belongs is a text.
_ENTITIES = """STRUCT<
    hashtags ARRAY<STRUCT<tag STRING>>,
    mentions ARRAY<STRUCT<username STRING>>,
    urls ARRAY<STRUCT<url STRING, expanded_url STRING>>
>"""
_WORDS = f"id STRING, text STRING, note_tweet STRUCT<text STRING, entities {_ENTITIES}>, entities {_ENTITIES}"
_TWEET = f"""
    {_WORDS}, created_at STRING, lang STRING, author_id STRING, author STRING,
    referenced_tweets ARRAY<STRUCT<type STRING, id STRING>>,
    edit_history_tweet_ids ARRAY<STRING>,
    public_metrics {PUBLIC_METRICS}
"""
_EVENT = f"STRUCT<data STRUCT<{_TWEET}>, includes STRUCT<tweets ARRAY<STRUCT<{_WORDS}>>>, {_TWEET}>"
_PAYLOAD = f"ARRAY<{_EVENT}>"  # an array: of a broken struct Spark makes nulls
_JSON = {"allowSingleQuotes": "false", "allowNonNumericNumbers": "false", "allowUnquotedControlChars": "true"}

# At the end `\z`: Java's `$` lets a line feed pass.
_BEFORE_JSON = r"^[\s\x{FEFF}]+"
_ISO_8601 = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?\z"
_NAME = r"^[^\[{\"\s].{0,511}\z"  # what begins with a bracket or a quote was no string in the JSON


def tweet_or_problem(event: Column, other: Callable[[Column], Column]) -> Column:
    """One decoded event to `STRUCT<post, problem>`, exactly one of the two null.

    A JSON object with `text` is read by field, with or without X's `data` envelope; another object is no post. `id` and
    `created_at` are null where there is none. other: the outcome of what does not begin as an object; it is handed the
    event without the white space and byte order mark before it.
    """
    bare = F.when(event.startswith("{"), event).otherwise(F.regexp_replace(event, _BEFORE_JSON, ""))
    return once(bare, lambda json: F.when(json.startswith("{"), _read(json)).otherwise(other(json)))


def is_json(json: Column) -> Column:
    """Whether it is one value and nothing but that: what stands behind it is read too.

    Spark's functions look no further than the end of their root, so `{…}{…}` or `{…}] more` would pass for their
    beginning; and `from_json` makes null of a field that cannot be read, be it only of another type.
    """
    mark = F.xxhash64(json).cast("string")  # what no event holds by chance
    return F.get_json_object(F.concat(F.lit("["), json, F.lit(',"'), mark, F.lit('"]')), "$[1]").eqNullSafe(mark)


def _read(json: Column) -> Column:
    return once(
        F.from_json(F.concat(F.lit("["), json, F.lit("]")), _PAYLOAD, _JSON),
        lambda read: F.when(read.isNull() | ~is_json(json), problem_only("not_json")).otherwise(
            once(_flat(read[0]), lambda tweet: _outcome(tweet, json))
        ),
    )


def _flat(event: Column) -> Column:
    """The fields of a tweet, from inside the envelope or beside it, and the posts that X sent along."""

    def field(name: str) -> Column:
        return F.coalesce(event["data"][name], event[name])

    return F.struct(
        field("id").alias("id"),
        *text_and_entities(field("text"), field("note_tweet"), field("entities")),
        field("created_at").alias("written_at"),
        _created_at(field("created_at")).alias("created_at"),
        field("lang").alias("lang"),
        F.coalesce(field("author_id"), field("author")).alias("author"),
        chosen(field("referenced_tweets")).alias("reference"),
        field("edit_history_tweet_ids").alias("versions"),
        field("public_metrics").alias("public_metrics"),
        event["includes"]["tweets"].alias("included"),
    )


def _outcome(tweet: Column, json: Column) -> Column:
    return (
        F.when(tweet["text"].isNull(), problem_only("not_a_post"))
        .when(is_blank(tweet["text"]), problem_only("no_text"))
        .when(_has_bad_field(tweet, json), problem_only("bad_field"))
        .otherwise(once(words_of(tweet, json), lambda words: post_only(_post(tweet, words))))
    )


def _post(tweet: Column, words: Column) -> Column:
    decoded, entities = words["decoded"], words["entities"]
    names = F.coalesce(entities["mentions"]["username"], find_mentions(decoded))
    links = F.transform(entities["urls"], lambda url: F.coalesce(url["expanded_url"], url["url"]))
    return F.struct(
        tweet["id"].alias("id"),
        kind(tweet["reference"], tweet["text"]).alias("kind"),
        clean_text(decoded).alias("text"),
        words["raw_text"].alias("raw_text"),
        *(tweet[name].alias(name) for name in ("created_at", "lang", "author")),
        refers_to(tweet["reference"]).alias("refers_to"),
        edit_of(tweet["id"], tweet["versions"]).alias("edit_of"),
        metrics(tweet["public_metrics"]).alias("metrics"),
        F.coalesce(F.array_compact(entities["hashtags"]["tag"]), find_hashtags(decoded)).alias("hashtags"),
        F.array_compact(F.concat(words["reposted"], names)).alias("mentions"),
        F.coalesce(F.array_compact(links), find_urls(decoded)).alias("urls"),
    )


def _created_at(written: Column) -> Column:
    instant = F.date_trunc("millisecond", F.when(written.rlike(_ISO_8601), written.cast("timestamp")))
    return F.when(F.year(instant).between(1970, 2100), instant)


def _has_bad_field(tweet: Column, json: Column) -> Column:
    bad_time = tweet["written_at"].isNotNull() & tweet["created_at"].isNull()
    bad_name = F.lit(False)
    for name, rule in (("id", IDENTIFIER), ("lang", IDENTIFIER), ("author", _NAME)):
        bad_name = bad_name | (tweet[name].isNotNull() & ~tweet[name].rlike(rule))
    return bad_time | bad_name | is_nested(tweet["text"], json)
