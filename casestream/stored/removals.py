"""`removals`: what the feed has deleted or edited."""

from casestream.fields import Collection, Field, Type
from casestream.recurring_fields import BATCH_NUMBER, JOB, ORIGIN, RECEIVED_AT, SOURCE

REMOVALS = Collection(
    "removals",
    "a post that the feed has deleted, or that an edited one takes the place of; kept until it is surely gone",
    (
        Field("_id", Type.STRING, "`<query id>:<origin>`", "the job", "5a27…:posts/3/12346"),
        JOB,
        SOURCE,
        BATCH_NUMBER,
        Field(
            "post_id", Type.STRING, "id of the post that is to go; of the kind author, the author's", "the source",
            "1850000000000000001",
        ),
        Field(
            "kind", Type.STRING,
            "deleted: the post, later versions and reposts; edited: its earlier versions; author: all earlier posts of "
            "an author who is gone",
            "the source", "deleted", values=("deleted", "edited", "author"),
        ),
        ORIGIN,
        RECEIVED_AT,
        Field(
            "done_at", Type.DATE, "when all that was stored of it was gone; null: it is not yet", "the job",
            "2026-11-22T19:36:22.000Z", unit="UTC, ms", null=True,
        ),
        Field(
            "due_at", Type.DATE, "when it is looked for next: it may come later than its deletion", "the job",
            "2026-11-22T19:36:42.000Z", unit="UTC, ms",
        ),
    ),
)  # fmt: skip
