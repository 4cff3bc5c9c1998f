"""`usage`: how many posts an account was given."""

from casestream.fields import Collection, Field, Type
from casestream.recurring_fields import JOB, SOURCE

USAGE = Collection(
    "usage",
    "how many posts an account that is billed by the post was given, by job and UTC day",
    (
        Field("_id", Type.STRING, "`<account>:<day>:<job>`", "the job", "51aa…:2026-11-22:covid"),
        Field("account", Type.STRING, "hash of the account, no secret", "receiver", "51aa…", unit="16 hex digits"),
        Field("day", Type.STRING, "the day", "receiver", "2026-11-22", unit="UTC, YYYY-MM-DD"),
        JOB,
        SOURCE,
        Field("posts", Type.INTEGER, "posts that the feed gave on that day", "receiver", 51_200, unit="posts"),
        Field(
            "updated_at", Type.DATE, "when it was last counted", "receiver", "2026-11-22T19:36:20.000Z", unit="UTC, ms"
        ),
    ),
)
