"""How often a tweet was liked, reposted, answered and quoted, at the time of receipt: a live post has few yet."""

from pyspark.sql import Column
from pyspark.sql import functions as F

# Numbers: Spark writes one out again to read it as a string, and for four that cost about a tenth of an event's time.
PUBLIC_METRICS = "STRUCT<like_count BIGINT, retweet_count BIGINT, reply_count BIGINT, quote_count BIGINT>"

_NAMES = {"likes": "like_count", "reposts": "retweet_count", "replies": "reply_count", "quotes": "quote_count"}
_LARGEST = 2**53  # what every reader of JSON and of BSON can count to


def metrics(public: Column) -> Column:
    """`STRUCT<likes, reposts, replies, quotes>` of `PUBLIC_METRICS`, all bigint: `metrics` of `posts.POST`.

    A value that is no whole number from 0 to 2^53 is null; where all are, so is the struct
    (https://docs.x.com/x-api/fundamentals/metrics).
    """
    counts = {ours: _count(public[theirs]) for ours, theirs in _NAMES.items()}
    struct = F.struct(*(count.alias(name) for name, count in counts.items()))
    return F.when(F.coalesce(*counts.values()).isNotNull(), struct)


def _count(number: Column) -> Column:
    return F.when(number.between(0, _LARGEST), number)
