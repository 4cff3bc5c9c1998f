"""`dead_letters`: the events that are no posts."""

from casestream.fields import Collection, Field, Type
from casestream.recurring_fields import BATCH_NUMBER, JOB, ORIGIN, RECEIVED_AT, SOURCE

DEAD_LETTERS = Collection(
    "dead_letters",
    "an event that is no post, with its bytes",
    (
        Field("_id", Type.STRING, "`<query id>:<origin>`", "the job", "5a27…:posts/3/12345"),
        Field(
            "raw", Type.BINARY, "the event, its beginning where it is too long, nothing where it is forgotten",
            "the source", "\\xff\\xfe",
        ),
        Field("length", Type.INTEGER, "of the whole event", "the source", 2, unit="bytes"),
        Field("sha256", Type.STRING, "of the whole event", "the source", "3b1f…", unit="64 hex digits"),
        Field(
            "problem", Type.STRING, "why it is no post", "the job", "not_utf8",
            values=("not_utf8", "too_long", "not_json", "no_text", "bad_field", "not_a_post"),
        ),
        ORIGIN,
        Field(
            "headers", Type.OBJECTS, "Kafka's headers, the first 64 of them", "Kafka", [], null=True,
            fields=(
                Field("key", Type.STRING, "its name", "Kafka", "trace"),
                Field("value", Type.BINARY, "its value", "Kafka", "\\x01", null=True),
            ),
        ),
        JOB,
        SOURCE,
        BATCH_NUMBER,
        RECEIVED_AT,
        Field(
            "requeued_at", Type.DATE, "when `manage.py requeue` made a post of it", "requeue", None, unit="UTC, ms",
            null=True,
        ),
        Field("requeue_run", Type.INTEGER, "the requeue that took it", "requeue", 1_795_000_000_000, optional=True),
        Field(
            "requeue_tried", Type.OBJECT, "the last requeue that could not make a post of it", "requeue", {},
            optional=True,
            fields=(
                Field("run", Type.INTEGER, "which", "requeue", 1_795_000_000_000),
                Field("problem", Type.STRING, "why", "requeue", "not_json"),
            ),
        ),
    ),
)  # fmt: skip
