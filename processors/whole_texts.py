"""The whole text of a post where X cuts it: in `text` beside a note, and in a repost."""

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from processors.posts import decode_entities, is_blank, repost_prefix, reposted_names
from processors.references import element_of
from processors.steps import Found


def text_and_entities(text: Column, note: Column, entities: Column) -> tuple[Column, Column]:
    """`text` and `entities` of a post: those of its note, where it is a long one; each null where there is none.

    note: `note_tweet`, a struct of text and entities. What stands beside a note belongs to its beginning only
    (https://docs.x.com/x-api/fundamentals/data-dictionary).
    """
    is_long = note["text"].isNotNull()
    return F.coalesce(note["text"], text), F.when(is_long, note["entities"]).otherwise(entities)


def find_repeated(found: Found) -> Mapping[str, Column]:
    """`repeated`: the post that a repost repeats, where X has sent it (in `includes.tweets`); else null.

    found: `reference` and `included`, see `tweets`. https://docs.x.com/x-api/fundamentals/expansions
    """
    included, reference = found["included"], found["reference"]
    same = element_of(included, included["id"], reference["id"])
    return {"repeated": F.when(reference["type"] == "retweeted", same)}


def read_repeated(found: Found) -> Mapping[str, Column]:
    """`their_text` and `their_entities` of `repeated`: null where it is not there, or its text is none."""
    repeated = found["repeated"]
    text, entities = text_and_entities(repeated["text"], repeated["note_tweet"], repeated["entities"])
    return {"their_text": F.when(~is_blank(text) & ~is_nested(text, found["event"]), text), "their_entities": entities}


def choose_words(found: Found) -> Mapping[str, Column]:
    """`raw_text`, `decoded`, `entities`, `reposted`: what a post's text, hashtags, mentions and urls come from.

    X cuts the text of a repost, and lists what is in the rest of it only. Where the post that it repeats is there,
    `decoded` and `entities` are that post's, whole: `text` becomes the same as that of the post itself. `raw_text` is
    the repost's own `RT @name: ` and the whole text, and `reposted` holds that name, which X lists first among a
    repost's mentions. Otherwise they are the repost's own.
    """
    own, theirs = found["own_text"], found["their_text"]
    is_whole = theirs.isNotNull()
    return {
        "raw_text": F.when(is_whole, F.concat(repost_prefix(own), theirs)).otherwise(own),
        "decoded": decode_entities(F.when(is_whole, theirs).otherwise(own)),
        "entities": F.when(is_whole, found["their_entities"]).otherwise(found["own_entities"]),
        "reposted": F.when(is_whole, reposted_names(own)).otherwise(F.array().cast("array<string>")),
    }


def is_nested(text: Column, json: Column) -> Column:
    """Whether a text may have been an object or array in the JSON; json: the whole event.

    A nested `text` comes out of the reader as its JSON, which a text may also just look like.
    """
    return (text.startswith("[") | text.startswith("{")) & json.rlike(r'"text"\s*:\s*[\[{]')
