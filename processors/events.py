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
_ENTITIES = """STRUCT<
    hashtags ARRAY<STRUCT<tag STRING>>,
    mentions ARRAY<STRUCT<username STRING>>,
    urls ARRAY<STRUCT<url STRING, expanded_url STRING>>
>"""
_TWEET = f"""
    id STRING, text STRING, created_at STRING, lang STRING, author_id STRING, author STRING,
    note_tweet STRUCT<text STRING, entities {_ENTITIES}>,
    referenced_tweets ARRAY<STRUCT<type STRING>>,
    entities {_ENTITIES}
"""
_PAYLOAD = f"ARRAY<STRUCT<data STRUCT<{_TWEET}>, {_TWEET}>>"  # an array: of a broken struct Spark makes nulls
_JSON = {"allowSingleQuotes": "false", "allowNonNumericNumbers": "false", "allowUnquotedControlChars": "true"}

# At the end `\z`: Java's `$` lets a line feed pass.
_BEFORE_JSON = r"^[\s\x{FEFF}]+"
_INK = r"[^\s\p{Z}\x85\x{FEFF}]"
_ISO_8601 = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?\z"
_IDENTIFIER = r"^[^\s{}\[\]\"]{1,512}\z"
_NAME = r"^[^\[{\"\s].{0,511}\z"  # what begins with a bracket or a quote was no string in the JSON


def post_or_problem(event: Column) -> Column:
    """One decoded event to `STRUCT<post, problem>`, exactly one of the two null.

    A JSON object with `text` is read by field, with or without X's `data` envelope; another object or an array is no
    post; any other line is a post whose text is that line (people do write a number, a word in quotes, `null`). What
    begins as an object or as an array of objects is taken for JSON. `id` and `created_at` are null where there is none.
    """
    bare = F.when(event.startswith("{"), event).otherwise(F.regexp_replace(event, _BEFORE_JSON, ""))
    return once(bare, lambda json: _text_or_json(event, json))


def _text_or_json(event: Column, json: Column) -> Column:
    is_object, is_array = json.startswith("{"), json.startswith("[")
    return once(
        F.when(is_object, F.from_json(F.concat(F.lit("["), json, F.lit("]")), _PAYLOAD, _JSON)),
        lambda read: (
            F.when(is_object & (read.isNull() | ~_is_json(json)), problem_only("not_json"))
            .when(is_array & _is_json(json), problem_only("not_a_post"))
            .when(json.startswith('[{"'), problem_only("not_json"))
            .otherwise(once(_flat(read[0], F.when(~is_object, event)), lambda tweet: _outcome(tweet, json)))
        ),
    )


def _is_json(json: Column) -> Column:
    """Whether it is one value and nothing but that: what stands behind it is read too.

    Spark's functions look no further than the end of their root, so `{…}{…}` or `{…}] more` would pass for their
    beginning; and `from_json` makes null of a field that cannot be read, be it only of another type.
    """
    mark = F.xxhash64(json).cast("string")  # what no event holds by chance
    return F.get_json_object(F.concat(F.lit("["), json, F.lit(',"'), mark, F.lit('"]')), "$[1]").eqNullSafe(mark)


def _flat(read: Column, plain_text: Column) -> Column:
    """The fields of a tweet, from inside the envelope or beside it; of a plain line only the text."""

    def field(name: str) -> Column:
        return F.coalesce(read["data"][name], read[name])

    note = field("note_tweet")
    return F.struct(
        field("id").alias("id"),
        F.coalesce(plain_text, note["text"], field("text")).alias("text"),
        field("created_at").alias("written_at"),
        _created_at(field("created_at")).alias("created_at"),
        field("lang").alias("lang"),
        F.coalesce(field("author_id"), field("author")).alias("author"),
        field("referenced_tweets")["type"].alias("referenced"),
        # Those beside a note belong to its beginning only.
        F.when(note["text"].isNotNull(), note["entities"]).otherwise(field("entities")).alias("entities"),
    )


def _outcome(tweet: Column, json: Column) -> Column:
    return (
        F.when(tweet["text"].isNull(), problem_only("not_a_post"))
        .when(~tweet["text"].rlike(_INK), problem_only("no_text"))
        .when(_has_bad_field(tweet, json), problem_only("bad_field"))
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
            tweet["created_at"].alias("created_at"),
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


def _has_bad_field(tweet: Column, json: Column) -> Column:
    bad_time = tweet["written_at"].isNotNull() & tweet["created_at"].isNull()
    bad_name = F.lit(False)
    for name, rule in (("id", _IDENTIFIER), ("lang", _IDENTIFIER), ("author", _NAME)):
        bad_name = bad_name | (tweet[name].isNotNull() & ~tweet[name].rlike(rule))
    # A nested `text` comes out of the reader as its JSON, which a text may also just look like.
    bad_text = tweet["text"].rlike(r"^[\[{]") & json.startswith("{") & json.rlike(r'"text"\s*:\s*[\[{]')
    return bad_time | bad_name | bad_text
