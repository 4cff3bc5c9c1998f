"""A source as somebody writes it out of tree, over a TCP feed.

`post ID …`, `edit ID OF …`, `delete ID`, `leave AUTHOR`, `like ID`.
"""

from typing import ClassVar

from pyspark.sql import Column
from pyspark.sql import functions as F

from processors.posts import left_out, post_only, problem_only, removal_of_author, removal_only
from processors.push import PushProcessor


class Words(PushProcessor):
    """The text is the whole line; any other line is no post. `repost ID OF …` too."""

    receiver: ClassVar[str | None] = "receivers.socket:SocketReceiver"
    removes: ClassVar[bool] = True

    def process(self, event: Column) -> Column:
        """See `outcome`."""
        return outcome(event)


class UnheardWords(Words):
    """Heard by nobody: a test fills the spool."""

    receiver = None


def outcome(event: Column) -> Column:
    """One line to what it says."""
    words = F.split(event, " ")
    verb, of = words[0], F.get(words, F.lit(2))
    return (
        F.when(verb == "post", post_only(_post(event, words)))
        .when(verb == "repost", post_only(_post(event, words, "repost", of)))
        .when(verb == "edit", post_only(_post(event, words), of))
        .when(verb == "delete", removal_only(words[1]))
        .when(verb == "leave", removal_of_author(words[1]))
        .when(verb == "like", left_out())
        .otherwise(problem_only("not_a_post"))
    )


def _post(event: Column, words: Column, kind: str = "post", refers_to: Column | None = None) -> Column:
    nothing = F.lit(None)
    others = ("edit_of", "metrics", "hashtags", "mentions", "urls")
    return F.struct(
        words[1].alias("id"),
        F.lit(kind).alias("kind"),
        event.alias("text"),
        event.alias("raw_text"),
        *(nothing.alias(name) for name in ("created_at", "lang", "author")),
        (nothing if refers_to is None else refers_to).alias("refers_to"),
        *(nothing.alias(name) for name in others),
    )
