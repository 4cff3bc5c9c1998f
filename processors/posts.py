"""The post struct, and how text becomes clean. Columns in, columns out: native Spark expressions only."""

from functools import reduce
from operator import or_

from pyspark.sql import Column
from pyspark.sql import functions as F

from micro_batch import OF_AUTHOR

POST = (
    "STRUCT<id: STRING, kind: STRING, text: STRING, raw_text: STRING, created_at: TIMESTAMP, lang: STRING, "
    "author: STRING, refers_to: STRING, edit_of: STRING, "
    "metrics: STRUCT<likes: BIGINT, reposts: BIGINT, replies: BIGINT, quotes: BIGINT>, "
    "hashtags: ARRAY<STRING>, mentions: ARRAY<STRING>, urls: ARRAY<STRING>>"
)

FIELDS = (
    "id", "kind", "text", "raw_text", "created_at", "lang", "author", "refers_to", "edit_of", "metrics", "hashtags",
    "mentions", "urls",
)  # fmt: skip
"""The names of `POST`'s fields, in their order."""

# Java's \w, \s and \b know ASCII only, or not the same in each version of Java; these know every script
# (https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/regex/Pattern.html).
# U+200D and U+FE0F (emoji) are neither space nor word. No pattern may go over a run of characters again for each of
# them (possessive `++`): an event of a megabyte of `#` must not hold a task up.
_SPACE = r"\s\p{Z}\x85"
_SPACES = rf"[{_SPACE}]{{2,}}|[{_SPACE}&&[^ ]]"  # a single blank, by far the most frequent, need not be replaced
_ASCII_SPACES = ("  ", "\t", "\n", "\v", "\f", "\r")
_REPOST = rf"^[{_SPACE}]*RT @(\w+):"
_INK = r"[^\s\p{Z}\x85\x{FEFF}]"
# Chinese, Japanese and Korean put no blank around a URL.
CJK = r"\p{IsHan}\p{IsHiragana}\p{IsKatakana}\p{IsHangul}\x{3000}-\x{30FF}\x{FF00}-\x{FFEF}"
_URL_CHARACTER = rf"[!#-;=?-~\p{{L}}\p{{M}}\p{{N}}&&[^{CJK}]]"
# A URL ends at a character that can end one: "(see http://a.bc/d)." keeps its bracket and its full stop.
_URL_END = rf"[\p{{L}}\p{{M}}\p{{N}}/=_\-#&%~+&&[^{CJK}]]"
_URL = (
    rf"(?=[HhWw])(?<![\p{{L}}\p{{M}}\p{{N}}_&&[^{CJK}]])"
    rf"(?:[Hh][Tt][Tt][Pp][Ss]?://|(?:[Ww]ww|WWW)\.(?=[\p{{L}}\p{{N}}])){_URL_CHARACTER}*{_URL_END}"
)
# As X has it: a hashtag begins no word, and is not all digits ("#1" is a rank). A keycap (# U+FE0F U+20E3) is none.
# https://github.com/twitter/twitter-text/blob/master/conformance/extract.yml
_HASH = r"(?=[#＃])(?<![\p{L}\p{M}\p{N}_&/#＃])[#＃]++(?=[\p{N}_]*+\p{L})"
_HASHTAG = rf"{_HASH}([\p{{L}}\p{{M}}\p{{N}}_\x{{200C}}\x{{200D}}&&[^\x{{FE0F}}\x{{20E3}}]]+)"
_MENTION = r"(?=@)(?<![\p{L}\p{N}_@])@(\w+)"

_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&"))


def problem_only(name: str) -> Column:
    """The outcome (`StreamProcessor.process`) of an event that is no post. name: why, of `micro_batch.PROBLEMS`."""
    return _outcome(problem=F.lit(name))


def post_only(post: Column, removes: Column | None = None) -> Column:
    """The outcome (`StreamProcessor.process`) of an event that is a post, a struct with `POST`'s fields in their order.

    removes: the id (string) of the post in whose place this one comes, an edit; null, or None, where there is none.
    """
    return _outcome(post=post, removes=removes)


def post_of(text: Column, **fields: Column) -> Column:
    """A post out of its text (string, entities decoded): cleaned, with the hashtags, mentions and URLs found in it.

    fields: others of `POST`, and such as come in the place of those; what is not given is null, `kind` is post and
    `raw_text` the text. Raises TypeError for a field that no post has.
    """
    known = {
        "kind": F.lit("post"),
        "text": clean_text(text),
        "raw_text": text,
        "hashtags": find_hashtags(text),
        "mentions": find_mentions(text),
        "urls": find_urls(text),
        **fields,
    }
    if unknown := known.keys() - set(FIELDS):
        raise TypeError(f"a post has no {', '.join(sorted(unknown))}: its fields are {', '.join(FIELDS)}")
    return F.struct(*(known.get(name, F.lit(None)).alias(name) for name in FIELDS)).cast(POST)


def removal_only(id: Column) -> Column:
    """The outcome of an event that says that the post of that id (string, not null) was deleted."""
    return _outcome(removes=id)


def removal_of_author(author: Column) -> Column:
    """The outcome of an event that says that this author (string, not null) is gone, with all that was said before."""
    return removal_only(all_of_author(author))


def all_of_author(author: Column) -> Column:
    """`removes` of an outcome that takes all posts of that author away, as far as they came before it."""
    return F.concat(F.lit(OF_AUTHOR), author)


def left_out() -> Column:
    """The outcome of an event that is read and on purpose neither stored nor kept: counted as filtered."""
    return _outcome()


def _outcome(post: Column | None = None, problem: Column | None = None, removes: Column | None = None) -> Column:
    nothing = F.lit(None)
    return F.struct(
        (nothing if post is None else post).cast(POST).alias("post"),
        (nothing if problem is None else problem).cast("string").alias("problem"),
        (nothing if removes is None else removes).cast("string").alias("removes"),
    )


def decode_entities(text: Column) -> Column:
    """`text` with the five entities that X escapes decoded once; `&amp;` last, so that `&amp;lt;` becomes `&lt;`."""
    decoded = text
    for entity, character in _ENTITIES:
        decoded = F.replace(decoded, F.lit(entity), F.lit(character))
    return F.when(text.contains("&"), decoded).otherwise(text)


def is_blank(text: Column) -> Column:
    """Whether there is nothing to read in the text: white space and byte order marks at most; null for null."""
    return ~text.rlike(_INK)


def is_repost(text: Column) -> Column:
    """Whether the text begins as a repost does, `RT @name:`."""
    return _may_be_repost(text) & text.rlike(_REPOST)


def repost_prefix(text: Column) -> Column:
    """The `RT @name: ` that a repost's text begins with, with what is blank around it; "" where there is none."""
    return F.regexp_extract(text, f"{_REPOST}[{_SPACE}]*", 0)


def reposted_names(text: Column) -> Column:
    """Array of the name in the text's leading `RT @name:`; empty where there is none."""
    return F.regexp_extract_all(text, F.lit(_REPOST), F.lit(1))


def clean_text(decoded: Column) -> Column:
    """Decoded text as a person would read it: `without_noise`, then `collapse_spaces`, in one expression.

    Whoever works in steps (`steps.in_steps`) makes two of them: the second looks before it starts a regular expression.
    """
    return F.trim(F.regexp_replace(without_noise(decoded), _SPACES, " "))


def without_noise(decoded: Column) -> Column:
    """Decoded text without a leading `RT @name:` and URLs; the `#` before a word is dropped and the word kept."""
    without_urls = F.regexp_replace(decoded, f"{_REPOST}|{_HASH}", "")
    return (
        F.when(_may_hold_url(decoded), F.regexp_replace(decoded, f"{_REPOST}|{_URL}|{_HASH}", ""))
        .when(_may_hold_hashtag(decoded) | _may_be_repost(decoded), without_urls)
        .otherwise(decoded)
    )


def collapse_spaces(words: Column) -> Column:
    """Text with each run of white space a single blank, and none around it. Nothing else changes."""
    may_hold_some = reduce(or_, (words.contains(each) for each in _ASCII_SPACES))
    may_hold_others = F.octet_length(words) != F.length(words)  # some character is beyond ASCII
    collapsed = F.when(may_hold_some | may_hold_others, F.regexp_replace(words, _SPACES, " ")).otherwise(words)
    return F.trim(collapsed)


def find_urls(decoded: Column) -> Column:
    """Array of the URLs in decoded text, in their order, as they are written there; empty, never null, without any."""
    return _all(decoded, _URL, 0, _may_hold_url(decoded))


def find_hashtags(decoded: Column) -> Column:
    """Array of the hashtags in decoded text, in their order, without their `#`; empty, never null, without any.

    A URL's fragment is none.
    """
    return _all(_without_urls(decoded), _HASHTAG, 1, _may_hold_hashtag(decoded))


def find_mentions(decoded: Column) -> Column:
    """Array of the names mentioned in decoded text, in their order, without their `@`; empty, never null, without any.

    A URL's path holds none.
    """
    return _all(_without_urls(decoded), _MENTION, 1, decoded.contains("@"))


def _all(text: Column, pattern: str, group: int, may_hold_some: Column) -> Column:
    nothing = F.array().cast("array<string>")
    return F.when(may_hold_some, F.regexp_extract_all(text, F.lit(pattern), F.lit(group))).otherwise(nothing)


def _without_urls(decoded: Column) -> Column:
    return F.when(_may_hold_url(decoded), F.regexp_replace(decoded, _URL, " ")).otherwise(decoded)


# Searching bytes costs a tenth of a regular expression, and most texts hold none of what the patterns look for.


def _may_hold_url(text: Column) -> Column:
    return text.contains("://") | text.contains("ww.") | text.contains("WW.")


def _may_hold_hashtag(text: Column) -> Column:
    return text.contains("#") | text.contains("＃")


def _may_be_repost(text: Column) -> Column:
    return text.contains("RT @")
