"""Where each column of the table `posts` stands in a document of `micro_batches`."""

from collections.abc import Collection as Some

from casestream.fields import Field
from casestream.recurring_fields import CASE_COUNT, METRICS, POST
from casestream.stored import MICRO_BATCHES

ENVELOPE = MICRO_BATCHES.some(["_id", "job", "timestamp", "total_case_count", "case_count"])
ORDER = ("created_at", "origin")
"""What orders the posts of a batch."""


def fields_of_posts(columns: Some[str], also: Some[str] = ()) -> tuple[Field, ...]:
    """The fields of `POST` out of which those columns of the table `posts` are made, and those named in `also`.

    One column of `metrics` takes all of `metrics`.
    """
    return tuple(
        field for field in POST if field.name in (*columns, *also) or any(each.name in columns for each in field.fields)
    )


def path(column: str) -> str:
    """Where that column of the table `posts` stands in a document: `content.metrics.likes` for `likes`.

    `batch` stands nowhere, and comes back as it is: it is `_id` without the number of the part.
    """
    of_posts = {field.name: field.name for field in POST} | {field.name: f"metrics.{field.name}" for field in METRICS}
    of_count = {f"case_count_{field.name}": f"case_count.{field.name}" for field in CASE_COUNT.fields}
    if column in of_posts:
        return f"content.{of_posts[column]}"
    return of_count.get(column, column)
