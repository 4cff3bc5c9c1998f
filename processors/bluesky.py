"""Posts from Bluesky, as Jetstream sends them (https://github.com/bluesky-social/jetstream).

A post: https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json
"""

from collections.abc import Mapping
from typing import ClassVar

from pyspark.sql import Column
from pyspark.sql import functions as F

from processors.facets import FACETS, features_of, without_shown_links
from processors.instants import instant
from processors.json_event import find_json, find_mark, parsed, problem_of_json, root
from processors.posts import (
    POST,
    all_of_author,
    collapse_spaces,
    find_hashtags,
    find_urls,
    is_blank,
    without_noise,
)
from processors.push import PushProcessor
from processors.references import IDENTIFIER
from processors.steps import Found, in_steps
from processors.wanted import Wanted, is_wanted
from processors.whole_texts import is_nested

POSTS = "app.bsky.feed.post"
_STRONG_REF = "STRUCT<uri STRING>"
_RECORD = f"""STRUCT<
    text STRING, createdAt STRING, langs ARRAY<STRING>, tags ARRAY<STRING>, facets {FACETS},
    reply STRUCT<parent {_STRONG_REF}>,
    embed STRUCT<record STRUCT<uri STRING, record {_STRONG_REF}>, external {_STRONG_REF}, `$type` STRING>
>"""
_EVENT = f"""
    did STRING, time_us BIGINT, kind STRING,
    commit STRUCT<operation STRING, collection STRING, rkey STRING, record {_RECORD}>,
    account STRUCT<active BOOLEAN, status STRING>
"""
_DID = r"^did:[a-z0-9]+:[A-Za-z0-9._:%-]{1,300}\z"  # https://atproto.com/specs/did
_RKEY = r"^[A-Za-z0-9._:~-]{1,512}\z"  # https://atproto.com/specs/record-key
_OF_ACCOUNTS = ("identity", "account")
_GONE = ("deleted", "takendown")
"""States of an account that are meant to last (https://atproto.com/specs/account, "Hosting Status"). `deactivated`, in
which an account also is while it moves to another host, and `suspended` are meant to pass, and ask for nothing to be
deleted."""


class BlueskyProcessor(PushProcessor):
    """An event of Jetstream is one event: a JSON object.

    Guarantee: an event that was written to the spool is stored once, as a post or as a dead letter, or is left out:
    what is no post (an account's news, a like), a post of pictures alone, and what the filter does not want. The posts
    of an account that is deleted or taken down go.
    """

    receiver: ClassVar[str | None] = "receivers.bluesky:BlueskyReceiver"
    removes: ClassVar[bool] = True

    def process(self, event: Column) -> Column:
        """A new post, an edit or a deletion, see `bluesky_outcome`."""
        return bluesky_outcome(event, self.settings)


def bluesky_outcome(event: Column, wanted: Wanted) -> Column:
    """One decoded event to `STRUCT<post, problem, removes>`, see `StreamProcessor.process`.

    A created post is a post, an updated one removes its own earlier version, a deleted one only removes, and so does an
    account that is gone: all that it wrote. All are null for what is left out. Edits and deletions count whatever their
    language and words. A post's id is `at://<did>/app.bsky.feed.post/<rkey>`; author and mentions are DIDs, lang is the
    first of its languages, or null.
    """
    return in_steps(
        event,
        find_json,
        find_mark,
        lambda found: {"read": parsed(found, _EVENT)},
        _flatten,
        _identify,
        _find_words,
        lambda found: {"clean": collapse_spaces(found["words"])},
        lambda found: _judge(found, wanted),
        _outcome,
    )


def _flatten(found: Found) -> Mapping[str, Column]:
    event = root(found)
    commit, record = event["commit"], event["commit"]["record"]
    embed = record["embed"]
    return {
        "no_json": problem_of_json(found),
        "kind": event["kind"],
        "did": event["did"],
        "seen_at": F.timestamp_micros(event["time_us"]),
        "operation": commit["operation"],
        "collection": commit["collection"],
        "rkey": commit["rkey"],
        "text": record["text"],
        "written_at": record["createdAt"],
        "langs": F.array_compact(record["langs"]),
        "tags": record["tags"],
        "facets": record["facets"],
        "parent_uri": record["reply"]["parent"]["uri"],
        "quoted_uri": F.coalesce(embed["record"]["record"]["uri"], embed["record"]["uri"]),
        "card": embed["external"]["uri"],
        "has_more": embed.isNotNull(),
        "is_gone": ~event["account"]["active"] & event["account"]["status"].isin(*_GONE),
    }


def _identify(found: Found) -> Mapping[str, Column]:
    is_author = found["did"].rlike(_DID)
    is_named = is_author & found["rkey"].rlike(_RKEY)
    created_at = instant(found["written_at"])
    return {
        "id": F.when(is_named, F.concat(F.lit("at://"), found["did"], F.lit(f"/{POSTS}/"), found["rkey"])),
        "gone": F.when((found["kind"] == "account") & found["is_gone"] & is_author, found["did"]),
        "parent": _identifier(found["parent_uri"]),
        "quoted": F.when(found["quoted_uri"].contains(f"/{POSTS}/"), _identifier(found["quoted_uri"])),
        "has_bad_time": found["written_at"].isNotNull() & created_at.isNull(),
        # As Bluesky itself orders posts: by the time that they say, or that at which they were seen if it is earlier
        # (https://docs.bsky.app/docs/advanced-guides/timestamps, `sortAt`).
        "created_at": F.least(created_at, F.date_trunc("millisecond", found["seen_at"])),
    }


def _find_words(found: Found) -> Mapping[str, Column]:
    """Bluesky escapes nothing: `&lt;` is what somebody has written."""
    return {"words": without_noise(without_shown_links(found["text"], found["facets"]))}


def _judge(found: Found, wanted: Wanted) -> Mapping[str, Column]:
    is_post = (found["kind"] == "commit") & (found["collection"] == POSTS)
    is_delete = found["operation"] == "delete"
    is_change = F.coalesce(found["operation"].isin("create", "update"), F.lit(False))
    is_other = found["kind"].isin(*_OF_ACCOUNTS) | ((found["kind"] == "commit") & (found["collection"] != POSTS))
    problem = (
        F.when(found["no_json"].isNotNull(), found["no_json"])
        .when(is_other, None)
        .when(F.coalesce(~is_post, F.lit(True)), "not_a_post")
        .when(found["id"].isNull(), "bad_field")
        .when(is_delete, None)
        .when(~is_change, "bad_field")
        .when(found["text"].isNull(), "not_a_post")
        .when(is_blank(found["text"]), F.when(~found["has_more"], "no_text"))
        .when(found["has_bad_time"] | is_nested(found["text"], found["event"]), "bad_field")
    )
    is_written = is_change & is_post & found["text"].isNotNull() & ~is_blank(found["text"])
    is_kept = (found["operation"] == "update") | is_wanted(found["clean"], F.array_join(found["langs"], " "), wanted)
    is_good = found["no_json"].isNull() & is_post & found["id"].isNotNull()
    return {
        "problem": problem,
        "is_stored": F.coalesce(is_good & is_written & is_kept, F.lit(False)),
        "removes": F.when(is_good & found["operation"].isin("update", "delete"), found["id"]).when(
            found["no_json"].isNull(), all_of_author(found["gone"])
        ),
    }


def _outcome(found: Found) -> Mapping[str, Column]:
    problem, removes = found["problem"], found["removes"]
    post = F.when(problem.isNull() & found["is_stored"], _post(found).cast(POST))
    return {
        "outcome": F.struct(
            post.alias("post"), problem.alias("problem"), F.when(problem.isNull(), removes).alias("removes")
        )
    }


def _post(found: Found) -> Column:
    facets, text = found["facets"], found["text"]
    kind = F.when(found["parent"].isNotNull(), "reply").when(found["quoted"].isNotNull(), "quote").otherwise("post")
    links = F.coalesce(features_of(facets, "uri"), find_urls(text))
    tags = F.coalesce(features_of(facets, "tag"), find_hashtags(text))
    no_names = F.array().cast("array<string>")
    return F.struct(
        found["id"].alias("id"),
        kind.alias("kind"),
        found["clean"].alias("text"),
        text.alias("raw_text"),
        found["created_at"].alias("created_at"),
        _identifier(F.get(found["langs"], F.lit(0))).alias("lang"),
        found["did"].alias("author"),
        F.coalesce(found["parent"], found["quoted"]).alias("refers_to"),
        F.lit(None).cast("string").alias("edit_of"),
        F.lit(None).alias("metrics"),
        _distinct(tags, found["tags"]).alias("hashtags"),
        F.coalesce(features_of(facets, "did"), no_names).alias("mentions"),
        _distinct(links, F.array(found["card"])).alias("urls"),
    )


def _distinct(some: Column, more: Column) -> Column:
    return F.array_distinct(F.concat(some, F.array_compact(F.coalesce(more, F.array().cast("array<string>")))))


def _identifier(name: Column) -> Column:
    return F.when(name.rlike(IDENTIFIER), name)
