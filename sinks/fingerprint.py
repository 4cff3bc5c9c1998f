"""64 bits of a post, dead letter or removal, of which a batch's content hash is the sum: as a Column, and in Python.

xxHash64 (seed 42, https://github.com/Cyan4973/xxHash) of the fields as text in the order of the names here, U+001F
between them. Spark's `xxhash64` of one string is the same function of its UTF-8 bytes. Both versions leave out a field
that Spark's `concat_ws` leaves out: a date or an array that is null.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F
from xxhash import xxh64_intdigest

from micro_batch import OF_AUTHOR

STRINGS = ("id", "kind", "text", "raw_text", "lang", "author", "refers_to", "edit_of", "source", "origin")
DATES = ("created_at", "received_at")
ARRAYS = ("hashtags", "mentions", "urls")
METRICS = ("likes", "reposts", "replies", "quotes")
_LETTER = ("origin", "problem", "sha256")
_REMOVAL = ("origin", "kind", "post_id")
_BETWEEN_FIELDS, _BETWEEN_ITEMS = "\x1f", "\x1e"
_SEED = 42
_MASK = 0xFFFF_FFFF_FFFF_FFFF
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def fingerprint() -> Column:
    """Of a row's post or dead letter (`processors.rows`): bigint, the 64 bits with a sign; null where it is neither."""
    post = F.col("post")
    fields = [
        *(F.coalesce(post[name], F.lit("")) for name in STRINGS),
        *(F.unix_millis(post[name]).cast("string") for name in DATES),
        *(F.array_join(post[name], _BETWEEN_ITEMS) for name in ARRAYS),
        F.coalesce(post["metrics"].cast("string"), F.lit("")),
    ]
    return F.when(post.isNotNull(), F.xxhash64(F.concat_ws(_BETWEEN_FIELDS, *fields))).when(
        F.col("problem").isNotNull(), F.xxhash64(F.concat_ws(_BETWEEN_FIELDS, *_LETTER))
    )


def removal_fingerprint() -> Column:
    """Of the removal that a row asks for: bigint, as `fingerprint`; null where it asks for none."""
    is_asked = F.col("removes").isNotNull()
    fields = F.concat_ws(_BETWEEN_FIELDS, "origin", kind_of_removal(), name_in_removal())
    return F.when(is_asked, F.xxhash64(fields))


def kind_of_removal() -> Column:
    """`edited` beside a post, `author` where an author is named, else `deleted`; of a row that asks for a removal."""
    is_of_author = F.col("removes").startswith(OF_AUTHOR)
    return F.when(F.col("post").isNotNull(), "edited").when(is_of_author, "author").otherwise("deleted")


def name_in_removal() -> Column:
    """The id of the post, or of the author, that a row asks to go; null where it asks for nothing."""
    name = F.col("removes")
    is_of_author = (kind_of_removal() == "author") & name.isNotNull()
    return F.when(is_of_author, F.substr(name, F.lit(len(OF_AUTHOR) + 1))).otherwise(name)


def of_post(post: Mapping[str, Any]) -> int:
    """Of an element of `content`, 0 to 2^64 - 1; its dates are aware.

    Raises KeyError, TypeError or AttributeError where it is no post.
    """
    fields = [post[name] or "" for name in STRINGS]
    fields += [str((post[name] - _EPOCH) // _MILLISECOND) for name in DATES if post[name] is not None]
    for name in ARRAYS:
        if (items := post[name]) is not None:
            fields.append(_BETWEEN_ITEMS.join([item for item in items if item is not None]) if items else "")
    fields.append(_as_spark_writes(post["metrics"]))
    return xxh64_intdigest(_BETWEEN_FIELDS.join(fields).encode(), _SEED)


def of_dead_letter(letter: Mapping[str, Any]) -> int:
    """Of a document of `dead_letters`, 0 to 2^64 - 1. Raises KeyError or TypeError where it is none."""
    return xxh64_intdigest(_BETWEEN_FIELDS.join([letter[name] for name in _LETTER]).encode(), _SEED)


def of_removal(removal: Mapping[str, Any]) -> int:
    """Of a document of `removals`, 0 to 2^64 - 1. Raises KeyError or TypeError where it is none."""
    return xxh64_intdigest(_BETWEEN_FIELDS.join([removal[name] for name in _REMOVAL]).encode(), _SEED)


def without(content_hash_of_all: str, posts: Sequence[Mapping[str, Any]]) -> str:
    """The content hash of a batch, as `content_hash` has it, without these posts.

    posts: elements of `content`; for one that was damaged nothing is taken away, and `manage.py verify` says so.
    """
    return content_hash(int(content_hash_of_all, 16) - sum(map(_of_post_or_nothing, posts)))


def _of_post_or_nothing(post: Mapping[str, Any]) -> int:
    try:
        return of_post(post)
    except (KeyError, TypeError, AttributeError):
        return 0


def content_hash(total: int) -> str:
    """A sum of fingerprints as the ledger has it: 16 hex digits, modulo 2^64."""
    return f"{total & _MASK:016x}"


def _as_spark_writes(metrics: Mapping[str, Any] | None) -> str:
    """A struct cast to a string."""
    if metrics is None:
        return ""
    numbers = (metrics[name] for name in METRICS)
    return "{" + ", ".join(["null" if number is None else str(number) for number in numbers]) + "}"
