"""The post struct, and how text becomes clean. Columns in, columns out: native Spark expressions only."""

from collections.abc import Callable

from pyspark.sql import Column
from pyspark.sql import functions as F

POST = (
    "STRUCT<id: STRING, kind: STRING, text: STRING, raw_text: STRING, created_at: TIMESTAMP, lang: STRING, "
    "author: STRING, hashtags: ARRAY<STRING>, mentions: ARRAY<STRING>, urls: ARRAY<STRING>>"
)

# Java's \w and \s know ASCII only; these know every script. U+200D and U+FE0F (emoji) are neither space nor word.
_WORD = r"[\p{L}\p{M}\p{N}_]"
_SPACE = r"[\s\p{Z}\x85]+"
_REPOST = r"^[\s\p{Z}]*RT @\w+:"
# A URL ends at a character that can end one: "(see http://a.bc/d)." keeps its bracket and its full stop.
_URL = r"(?i)\b(?:https?://|www\.(?=[\p{L}\p{N}]))[^\s\p{Z}<>\"]*[\p{L}\p{N}/=_\-#&%~+$@*]"
# As X has it: a hashtag begins no word, and is not all digits ("#1" is a rank).
_HASH = r"(?<![\p{L}\p{M}\p{N}_&/])[#＃]+(?=[\p{N}_]*[\p{L}\p{M}])"
_HASHTAG = rf"{_HASH}({_WORD}+)"
_MENTION = r"(?<![\p{L}\p{N}_@])@(\w+)"

_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&"))


def once(value: Column, body: Callable[[Column], Column]) -> Column:
    """`body(value)` with `value` evaluated once, however often `body` names it.

    Spark shares an expression between branches only where it can prove that all of them need it; without this, one
    event was parsed some hundred times.
    """
    return F.transform(F.array(value), body)[0]


def problem_only(name: str) -> Column:
    """The outcome of an event that is no post."""
    return F.struct(F.lit(None).cast(POST).alias("post"), F.lit(name).alias("problem"))


def post_only(post: Column) -> Column:
    """The outcome of an event that is a post; the struct's fields are those of `POST`, in their order."""
    return F.struct(post.cast(POST).alias("post"), F.lit(None).cast("string").alias("problem"))


def decode_entities(text: Column) -> Column:
    """`text` with the five entities that X escapes decoded once; `&amp;` last, so that `&amp;lt;` becomes `&lt;`."""
    for entity, character in _ENTITIES:
        text = F.replace(text, F.lit(entity), F.lit(character))
    return text


def is_repost(text: Column) -> Column:
    """Whether the text begins as a repost does, `RT @name:`."""
    return text.rlike(_REPOST)


def clean_text(decoded: Column) -> Column:
    """Decoded text as a person would read it.

    A leading `RT @name:` and URLs are removed, a `#` before a word is dropped and the word kept, white space is
    collapsed and trimmed. Nothing else changes.
    """
    without_repost = F.regexp_replace(decoded, _REPOST, "")
    without_urls = F.regexp_replace(without_repost, _URL, "")
    without_hashes = F.regexp_replace(without_urls, _HASH, "")
    return F.trim(F.regexp_replace(without_hashes, _SPACE, " "))


def find_urls(decoded: Column) -> Column:
    """Array of the URLs in decoded text, in their order."""
    return F.regexp_extract_all(decoded, F.lit(_URL), F.lit(0))


def find_hashtags(decoded: Column) -> Column:
    """Array of the hashtags in decoded text, in their order, without their `#`."""
    return F.regexp_extract_all(F.regexp_replace(decoded, _URL, ""), F.lit(_HASHTAG), F.lit(1))


def find_mentions(decoded: Column) -> Column:
    """Array of the names mentioned in decoded text, in their order, without their `@`."""
    return F.regexp_extract_all(decoded, F.lit(_MENTION), F.lit(1))
