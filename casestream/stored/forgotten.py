"""`forgotten`: hashes of what must not come back."""

from casestream.fields import Collection, Field, Type

FORGOTTEN = Collection(
    "forgotten",
    "a post or an author that must not be stored again; nothing but hashes",
    (
        Field(
            "_id", Type.STRING, "SHA-256 of `post:<id>` or `author:<id>`, or of a dead letter's bytes",
            "`manage.py forget`", "9b71…", unit="64 hex digits",
        ),
        Field("at", Type.DATE, "when it was forgotten", "the command", "2026-11-22T21:00:00.000Z", unit="UTC, ms"),
    ),
)  # fmt: skip
