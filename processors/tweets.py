"""One JSON object, a post as X API v2 has it, to a post or a problem: what all sources of JSON have in common."""

from collections.abc import Callable, Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from processors.instants import instant
from processors.json_event import find_json, find_mark, is_whole, parsed, root
from processors.metrics import PUBLIC_METRICS, metrics
from processors.posts import (
    POST,
    collapse_spaces,
    find_hashtags,
    find_mentions,
    find_urls,
    is_blank,
    without_noise,
)
from processors.references import IDENTIFIER, NAME, chosen, edit_of, kind, refers_to
from processors.steps import Found, in_steps
from processors.whole_texts import choose_words, find_repeated, is_nested, read_repeated, text_and_entities

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
_EVENT = f"data STRUCT<{_TWEET}>, includes STRUCT<tweets ARRAY<STRUCT<{_WORDS}>>>, {_TWEET}"


def tweet_or_problem(event: Column, other: Callable[[Column], Column]) -> Column:
    """One decoded event to `STRUCT<post, problem, removes>` (`StreamProcessor.process`), removes beside an edit only.

    A JSON object with `text` is read by field, with or without X's `data` envelope; another object is no post. `id` and
    `created_at` are null where there is none. removes: the id of the first version, by which `edit_of` names all that
    come behind it. other: handed an event that does not begin as an object, without white space and byte order mark
    before it, gives its problem, a string; null where it is a post, whose text is all of it.
    """
    return in_steps(
        event,
        find_json,
        find_mark,
        lambda found: {"read": parsed(found, _EVENT), "other": other(found["json"])},
        _flatten,
        find_repeated,
        read_repeated,
        choose_words,
        _judge,
        _outcome,
    )


def _flatten(found: Found) -> Mapping[str, Column]:
    """The fields of a tweet, from inside the envelope or beside it, and the posts that X sent along."""
    event, is_object = root(found), found["is_object"]

    def field(name: str) -> Column:
        return F.coalesce(event["data"][name], event[name])

    text, entities = text_and_entities(field("text"), field("note_tweet"), field("entities"))
    no_json = F.when(is_object, F.when(~is_whole(found), "not_json")).otherwise(found["other"])
    return {
        "no_json": no_json,
        "own_text": F.when(is_object, text).otherwise(found["event"]),
        "own_entities": entities,
        "id": field("id"),
        "written_at": field("created_at"),
        "created_at": instant(field("created_at")),
        "lang": field("lang"),
        "author": F.coalesce(field("author_id"), field("author")),
        "reference": chosen(field("referenced_tweets")),
        "versions": field("edit_history_tweet_ids"),
        "public_metrics": field("public_metrics"),
        "included": event["includes"]["tweets"],
    }


def _judge(found: Found) -> Mapping[str, Column]:
    problem = (
        F.when(found["no_json"].isNotNull(), found["no_json"])
        .when(found["own_text"].isNull(), "not_a_post")
        .when(is_blank(found["own_text"]), "no_text")
        .when(found["is_object"] & _has_bad_field(found), "bad_field")
    )
    first = edit_of(found["id"], found["versions"])
    return {"problem": problem, "words": without_noise(found["decoded"]), "edit_of": first}


def _outcome(found: Found) -> Mapping[str, Column]:
    is_post = found["problem"].isNull()
    post, removes = F.when(is_post, _post(found).cast(POST)), F.when(is_post, found["edit_of"])
    return {"outcome": F.struct(post.alias("post"), found["problem"].alias("problem"), removes.alias("removes"))}


def _post(found: Found) -> Column:
    decoded, entities = found["decoded"], found["entities"]
    names = F.coalesce(entities["mentions"]["username"], find_mentions(decoded))
    links = F.transform(entities["urls"], lambda url: F.coalesce(url["expanded_url"], url["url"]))
    return F.struct(
        found["id"].alias("id"),
        kind(found["reference"], found["own_text"]).alias("kind"),
        collapse_spaces(found["words"]).alias("text"),
        *(found[name].alias(name) for name in ("raw_text", "created_at", "lang", "author")),
        refers_to(found["reference"]).alias("refers_to"),
        found["edit_of"].alias("edit_of"),
        metrics(found["public_metrics"]).alias("metrics"),
        F.coalesce(F.array_compact(entities["hashtags"]["tag"]), find_hashtags(decoded)).alias("hashtags"),
        F.array_compact(F.concat(found["reposted"], names)).alias("mentions"),
        F.coalesce(F.array_compact(links), find_urls(decoded)).alias("urls"),
    )


def _has_bad_field(found: Found) -> Column:
    bad_time = found["written_at"].isNotNull() & found["created_at"].isNull()
    bad_name = F.lit(False)
    for name, rule in (("id", IDENTIFIER), ("lang", IDENTIFIER), ("author", NAME)):
        bad_name = bad_name | (found[name].isNotNull() & ~found[name].rlike(rule))
    return bad_time | bad_name | is_nested(found["own_text"], found["event"])
