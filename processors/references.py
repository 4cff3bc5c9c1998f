"""What a tweet refers to: another post, and its own first version. What cannot be trusted is null and no problem."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from processors.posts import is_repost

IDENTIFIER = r"^[^\s{}\[\]\"]{1,512}\z"  # what begins with a bracket was no string and no number in the JSON
NAME = r"^[^\[{\"\s].{0,511}\z"  # what begins with a bracket or a quote was no string in the JSON

_KINDS = {"retweeted": "repost", "quoted": "quote", "replied_to": "reply"}  # the first that is there decides


def chosen(references: Column) -> Column:
    """That one of `referenced_tweets` (`ARRAY<STRUCT<type, id>>`) that says what the post is; null where none does."""
    types = references["type"]
    return F.coalesce(*(element_of(references, types, F.lit(each)) for each in _KINDS))


def element_of(array: Column, keys: Column, key: Column) -> Column:
    """The first element of an array beside which `keys` has that key; null where there is none.

    Not by `filter`, whose lambda Spark interprets.
    """
    return F.get(array, (F.call_function("array_position", keys, key) - 1).cast("int"))


def kind(reference: Column, text: Column) -> Column:
    """`post`, `repost`, `quote` or `reply`, by the chosen reference; without one by a leading `RT @name:`."""
    by_text = F.when(is_repost(text), "repost").otherwise("post")
    return F.coalesce(*(F.when(reference["type"] == name, word) for name, word in _KINDS.items()), by_text)


def refers_to(reference: Column) -> Column:
    """The id of the post that a repost, quote or reply refers to; null where there is none, or no id."""
    return F.when(reference["id"].rlike(IDENTIFIER), reference["id"])


def edit_of(own_id: Column, versions: Column) -> Column:
    """The id of the first version of an edited post: X gives each version an id, and lists them all, oldest first.

    Null for a post that was never edited, for the first version, for a list that does not hold the post, and where its
    first is no id (https://docs.x.com/x-api/fundamentals/edit-posts).
    """
    first = F.get(versions, F.lit(0))
    return F.when(F.array_contains(versions, own_id) & (first != own_id) & first.rlike(IDENTIFIER), first)
