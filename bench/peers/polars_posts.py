"""Posts out of events of X API v2 by polars, whole columns at once: for Spark's `mapInArrow`.

Rust's expressions have no look-behind. Before a letter `\\b` says the same as `(?<!\\w)`; of what may not stand before
`#` and `@` the pattern takes one character along, and gives it back. No search for a substring stands before each of
them: Rust begins with one by itself, and measured here a second one costs as much as it saves.
"""

from collections.abc import Iterable, Iterator

import polars as pl
import pyarrow as pa

POSTS = (
    "id string, text string, raw_text string, created_at timestamp, lang string, author string, "
    "hashtags array<string>, mentions array<string>, urls array<string>"
)
"""The columns that `posts` makes, for Spark."""

_STRINGS = pa.list_(pa.string())
_ARROW = pa.schema(
    {
        **dict.fromkeys(("id", "text", "raw_text"), pa.string()),
        "created_at": pa.timestamp("us", "UTC"),
        **dict.fromkeys(("lang", "author"), pa.string()),
        **dict.fromkeys(("hashtags", "mentions", "urls"), _STRINGS),
    }
)


def _structs(*names: str) -> pl.List:
    return pl.List(pl.Struct(dict.fromkeys(names, pl.String)))


_ENTITIES = {"hashtags": _structs("tag"), "mentions": _structs("username"), "urls": _structs("expanded_url", "url")}
_TWEET: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(("id", "text", "lang", "author_id"), pl.String),
    "created_at": pl.Datetime("us", "UTC"),
    "entities": pl.Struct(_ENTITIES),
}
_EVENT = pl.Struct({"data": pl.Struct(_TWEET)})

_ESCAPED = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&"}
_WORD = r"[\p{L}\p{N}_]+"
_REST_OF_URL = r"[!#-;=?-~\p{L}\p{N}]*[\p{L}\p{N}/=_\-#&%~+]"
_URL = rf"\b(?:[Hh][Tt][Tt][Pp][Ss]?://{_REST_OF_URL}|[Ww][Ww][Ww]\.[\p{{L}}\p{{N}}](?:{_REST_OF_URL})?)"
_REPOST = rf"^\s*RT @{_WORD}:"
_HASHTAG = r"(^|[^\p{L}\p{N}_&/#])#+([\p{N}_]*\p{L}[\p{L}\p{N}_]*)"
_MENTION = rf"(?:^|[^\p{{L}}\p{{N}}_@])@{_WORD}"
_SPACES = r"\s{2,}|[\s--\ ]"  # a single blank, by far the most frequent, need not be replaced


def posts(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Of events as received, in a column `value`. Raises polars.exceptions.ComputeError where one is no JSON."""
    for batch in batches:
        made = _posts(_tweets(pl.LazyFrame(pa.Table.from_batches([batch])))).collect()
        yield from made.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(_ARROW).to_batches()


def _tweets(events: pl.LazyFrame) -> pl.LazyFrame:
    read = events.select(pl.col("value").cast(pl.String).str.json_decode(_EVENT)).unnest("value")
    return read.unnest("data").unnest("entities").with_columns(decoded=pl.col("text").str.replace_many(_ESCAPED))


def _posts(tweets: pl.LazyFrame) -> pl.LazyFrame:
    link = pl.coalesce(pl.element().struct.field("expanded_url"), pl.element().struct.field("url"))
    return tweets.select(
        "id",
        _cleaned().alias("text"),
        pl.col("text").alias("raw_text"),
        "created_at",
        "lang",
        pl.col("author_id").alias("author"),
        _given("hashtags", pl.element().struct.field("tag")).fill_null(_found("hashtags", "#", _HASHTAG)),
        _given("mentions", pl.element().struct.field("username")).fill_null(_found("mentions", "@", _MENTION)),
        _given("urls", link).fill_null(pl.col("decoded").str.extract_all(_URL)),
    )


def _cleaned() -> pl.Expr:
    words = pl.col("decoded").str.replace(_REPOST, "").str.replace_all(_URL, "").str.replace_all(_HASHTAG, "$1$2")
    return words.str.replace_all(_SPACES, " ").str.strip_chars(" ")


def _given(name: str, word: pl.Expr) -> pl.Expr:
    return pl.col(name).list.eval(word)


def _found(name: str, sign: str, pattern: str) -> pl.Expr:
    """Only where X has listed none, and few of those texts hold the sign; `replace_all` goes over nulls, too."""
    is_searched = pl.col(name).is_null() & pl.col("decoded").str.contains(sign, literal=True)
    searched = pl.when(is_searched).then("decoded").otherwise(pl.lit(""))
    found = searched.str.replace_all(_URL, " ").str.extract_all(pattern)
    return found.list.eval(pl.element().str.extract(f"({_WORD})"))
