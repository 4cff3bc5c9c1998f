"""`coverage`: the times in which a push feed was not heard."""

from casestream.fields import Collection, Field, Type
from casestream.recurring_fields import JOB, SOURCE

COVERAGE = Collection(
    "coverage",
    "a time in which a push feed was not heard",
    (
        Field("_id", Type.STRING, "`<job>:<from, ms>`", "the job", "covid:1795000000000"),
        JOB,
        SOURCE,
        Field(
            "from", Type.DATE, "the last sign of life before it", "receiver", "2026-11-22T20:00:00.000Z",
            unit="UTC, ms",
        ),
        Field(
            "to", Type.DATE, "when the feed was heard again; null: it is not yet", "receiver",
            "2026-11-22T20:00:41.000Z", unit="UTC, ms", null=True,
        ),
        Field("cause", Type.STRING, "why", "receiver", "the peer hung up"),
        Field(
            "recovered", Type.STRING, "backfilled: the feed repeated what it had said meanwhile; lost: it did not",
            "receiver", "lost", values=("backfilled", "replayed", "lost"),
        ),
    ),
)  # fmt: skip
