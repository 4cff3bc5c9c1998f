"""Pages of X's API, as `twarc2 search` stores them, to the single posts that X streams.

A page is `{"data": [post, …], "includes": {"tweets": […], …}, "meta": …}`
(https://docs.x.com/x-api/posts/search/introduction); a post of a stream has its own `includes`.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

# A field of type STRING takes an object as its JSON.
_PAGE = "STRUCT<data ARRAY<STRING>, includes STRUCT<tweets ARRAY<STRING>>>"
_IS_PAGE = r'"data"\s*:\s*\['
_LEAST_FIELDS = "STRUCT<id STRING, referenced_tweets ARRAY<STRUCT<id STRING>>>"


def in_single_posts(events: DataFrame) -> DataFrame:
    """`events` (value binary, origin string, …) with an event `{"data":…,"includes":…}` for each post of a page.

    Its origin is that of the page and `:<number>`. What is no page stays as it is, and so does one that cannot be read.
    """
    text = F.col("value").cast("string")
    page = F.when(text.rlike(_IS_PAGE), F.from_json(text, _PAGE))
    posts = F.transform(page["data"], lambda post: _single(post, page["includes"]["tweets"]))
    parted = events.withColumn(
        "_posts", F.when(F.size(posts) > 0, posts).otherwise(F.array(F.lit(None).cast("string")))
    )
    others = [name for name in events.columns if name not in ("value", "origin")]
    return parted.select("*", F.posexplode("_posts").alias("_number", "_post")).select(
        F.coalesce(F.col("_post").cast("binary"), "value").alias("value"),
        F.when(F.col("_post").isNull(), F.col("origin"))
        .otherwise(F.concat("origin", F.lit(":"), F.col("_number").cast("string")))
        .alias("origin"),
        *others,
    )


def _single(post: Column, included: Column) -> Column:
    """One post with those that it refers to."""
    references = F.from_json(post, _LEAST_FIELDS)["referenced_tweets"]["id"]
    theirs = F.filter(included, lambda each: F.array_contains(references, F.get_json_object(each, "$.id")))
    tweets = F.coalesce(F.array_join(theirs, ","), F.lit(""))
    return F.concat(F.lit('{"data":'), post, F.lit(',"includes":{"tweets":['), tweets, F.lit("]}}"))
