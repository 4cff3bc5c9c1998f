"""What Bluesky says of pieces of a post's text: links, mentions and hashtags are *facets* beside it, not marks in it.

A piece is a range of bytes of the text in UTF-8, its end excluded; its features are a link (`uri`), a mention (`did`)
or a hashtag (`tag`): https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/richtext/facet.json
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

FACETS = """ARRAY<STRUCT<
    index STRUCT<byteStart INT, byteEnd INT>,
    features ARRAY<STRUCT<uri STRING, did STRING, tag STRING>>
>>"""

_LONGEST_BYTES = 10_000  # a post has 3,000 at most; what is longer has not been written by a person
_MOST_LINKS = 50
# A part of an address, maybe with dots in the place of its end: no words, and no half of a character.
_SHOWN = r"^[^\s\x{FFFD}]*[\p{L}\p{N}]\.\p{L}[^\s\x{FFFD}]*\z"
_CUT_OFF = r"(\.\.\.|…)\z"


def features_of(facets: Column, name: str) -> Column:
    """Array of strings: the `uri`, `did` or `tag` of all facets, in their order; null where the post has no facets."""
    return F.array_compact(F.flatten(F.array_compact(facets["features"]))[name])


def without_shown_links(text: Column, facets: Column) -> Column:
    """The text without the addresses in it that are links, as they are shown: without `https://`, and cut off.

    A piece of text is taken for one where it is a piece of the link's own `uri`; words that lead somewhere stay.
    """
    links = F.slice(F.filter(facets, lambda facet: features_of(F.array(facet), "uri")[0].isNotNull()), 1, _MOST_LINKS)
    shown = F.transform(
        links,
        lambda facet: F.struct(
            _bytes(text, facet["index"]).alias("text"), features_of(F.array(facet), "uri")[0].alias("uri")
        ),
    )
    addresses = F.filter(
        shown,
        lambda each: each["text"].rlike(_SHOWN) & F.contains(each["uri"], F.regexp_replace(each["text"], _CUT_OFF, "")),
    )
    cleaned = F.aggregate(addresses["text"], text, lambda left, address: F.replace(left, address, F.lit(" ")))
    may_hold_some = (F.size(facets) > 0) & (F.octet_length(text) <= _LONGEST_BYTES)
    return F.when(may_hold_some, F.coalesce(cleaned, text)).otherwise(text)


def _bytes(text: Column, index: Column) -> Column:
    start, end = index["byteStart"], index["byteEnd"]
    return text.cast("binary").substr(start + 1, end - start).cast("string")
