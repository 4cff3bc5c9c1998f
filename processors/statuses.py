"""One event of Mastodon, as the receiver writes it to the spool, to a post, a problem or the end of a post.

The fields of a status: https://docs.joinmastodon.org/entities/Status. Its text has come out of HTML already: entities
are not decoded once more, for `&amp;lt;` in HTML is `&lt;` in the text, which is what its author wrote.
"""

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from processors.instants import instant
from processors.json_event import find_json, find_mark, parsed, problem_of_json, root
from processors.metrics import metrics
from processors.posts import POST, collapse_spaces, is_blank, without_noise
from processors.references import IDENTIFIER, NAME
from processors.steps import Found, in_steps
from processors.wanted import Wanted, is_wanted

# Every leaf is a string, but for the counts: an id above 2^53 keeps its digits.
_WORDS = (
    "content STRING, language STRING, tags ARRAY<STRUCT<name STRING>>, media_attachments ARRAY<STRUCT<type STRING>>"
)
_STATUS = f"""
    {_WORDS}, created_at STRING, edited_at STRING, in_reply_to_id STRING,
    reblog STRUCT<id STRING, {_WORDS}>,
    quote STRUCT<quoted_status_id STRING, quoted_status STRUCT<id STRING>>,
    favourites_count BIGINT, reblogs_count BIGINT, replies_count BIGINT, quotes_count BIGINT
"""
_EVENT = f"""
    event STRING, id STRING, left_out STRING, author STRING, text STRING,
    links ARRAY<STRING>, mentions ARRAY<STRING>, status STRUCT<{_STATUS}>
"""


def status_or_problem(event: Column, asked: Wanted) -> Column:
    """One decoded event to `STRUCT<post, problem, removes>`, see `StreamProcessor.process`.

    A post alone is a new status, a post beside `removes` a later version of that one, `removes` alone the end of it: a
    deletion, or a later version that is left out. All three are null where an event is left out on purpose: an author
    who does not agree, an event that is about no post, a status of pictures without words, one that is not `asked` for.
    """
    return in_steps(
        event,
        find_json,
        find_mark,
        lambda found: {"read": parsed(found, _EVENT)},
        _flatten,
        lambda found: {"is_wanted": is_wanted(found["text"], found["lang"], asked)},
        _judge,
        _clean,
        _outcome,
    )


def _flatten(found: Found) -> Mapping[str, Column]:
    """The fields of an event; those of a boost's words are those of the post that it repeats."""
    event = root(found)
    status, boosted = event["status"], event["status"]["reblog"]
    is_boost = boosted["id"].isNotNull()

    def shown(name: str) -> Column:
        return F.when(is_boost, boosted[name]).otherwise(status[name])

    quoted = F.coalesce(status["quote"]["quoted_status"]["id"], status["quote"]["quoted_status_id"])
    return {
        "no_json": problem_of_json(found),
        **{name: event[name] for name in ("event", "id", "left_out", "author", "text", "links", "mentions")},
        "raw_text": shown("content"),
        "written_at": status["created_at"],
        "created_at": instant(status["created_at"]),
        "is_edit": (event["event"] == "status.update") | status["edited_at"].isNotNull(),
        "lang": F.when(shown("language") != "", shown("language")),
        "tags": shown("tags")["name"],
        "has_media": F.coalesce(F.size(shown("media_attachments")) > 0, F.lit(False)),
        "kind": F.when(is_boost, "repost")
        .when(quoted.isNotNull(), "quote")
        .when(status["in_reply_to_id"].isNotNull(), "reply")
        .otherwise("post"),
        "refers_to": F.coalesce(boosted["id"], quoted, status["in_reply_to_id"]),
        "counts": F.struct(
            status["favourites_count"].alias("like_count"),
            status["reblogs_count"].alias("retweet_count"),
            status["replies_count"].alias("reply_count"),
            status["quotes_count"].alias("quote_count"),
        ),
    }


def _judge(found: Found) -> Mapping[str, Column]:
    is_known = found["id"].rlike(IDENTIFIER)
    is_gone = (found["event"] == "delete") & is_known
    is_silent = is_blank(found["text"]) & found["has_media"]
    problem = (
        F.when(found["no_json"].isNotNull(), found["no_json"])
        .when(is_gone | found["left_out"].isNotNull(), None)
        .when(found["event"].isNull() | found["raw_text"].isNull() | found["text"].isNull(), "not_a_post")
        .when(~F.coalesce(is_known, F.lit(False)) | _has_bad_field(found), "bad_field")
        .when(is_silent, None)
        .when(is_blank(found["text"]), "no_text")
    )
    is_left_out = is_gone | found["left_out"].isNotNull() | is_silent | ~found["is_wanted"]
    return {
        "problem": problem,
        "is_post": problem.isNull() & ~F.coalesce(is_left_out, F.lit(False)),
        "removes": F.when(problem.isNull() & (is_gone | found["is_edit"]), found["id"]),
    }


def _has_bad_field(found: Found) -> Column:
    bad = found["written_at"].isNotNull() & found["created_at"].isNull()
    for name, rule in (("lang", IDENTIFIER), ("author", NAME)):
        bad = bad | (found[name].isNotNull() & ~found[name].rlike(rule))
    return bad


def _clean(found: Found) -> Mapping[str, Column]:
    return {"words": without_noise(found["text"])}


def _outcome(found: Found) -> Mapping[str, Column]:
    post = F.when(found["is_post"], _post(found).cast(POST))
    return {"outcome": F.struct(post.alias("post"), *(found[name].alias(name) for name in ("problem", "removes")))}


def _post(found: Found) -> Column:
    return F.struct(
        found["id"].alias("id"),
        found["kind"].alias("kind"),
        collapse_spaces(found["words"]).alias("text"),
        *(found[name].alias(name) for name in ("raw_text", "created_at", "lang", "author")),
        F.when(found["refers_to"].rlike(IDENTIFIER), found["refers_to"]).alias("refers_to"),
        F.lit(None).cast("string").alias("edit_of"),
        metrics(found["counts"]).alias("metrics"),
        F.array_compact(found["tags"]).alias("hashtags"),
        F.array_compact(found["mentions"]).alias("mentions"),
        F.array_compact(found["links"]).alias("urls"),
    )
