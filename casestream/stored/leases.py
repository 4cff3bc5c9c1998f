"""`leases`: which process runs a job."""

from casestream.fields import Collection, Field, Type

LEASES = Collection(
    "leases",
    "which process runs a job: one of a name, of a checkpoint and of a spool at a time",
    (
        Field("_id", Type.STRING, "name of the job; of a requeue `requeue:<job>`", "`--jobname`", "covid"),
        Field("holder", Type.STRING, "the process, by a name that nobody else has", "the job", "8c1e…"),
        Field("host", Type.STRING, "the machine that it runs on", "the job", "node7"),
        Field("pid", Type.INTEGER, "its number there", "the job", 4242),
        Field("epoch", Type.INTEGER, "higher than that of every holder before", "the job", 3, unit="from 1 on"),
        Field(
            "checkpoint", Type.STRING, "where Spark keeps its checkpoint; of a requeue its `_id`", "`--checkpoint`",
            "hdfs://namenode/casestream/covid", unit="URI",
        ),
        Field(
            "spool", Type.STRING, "where a push feed is kept until it is stored; null: Spark reads the source itself",
            "`--spool`", "hdfs://namenode/casestream/spool", unit="URI", null=True,
        ),
        Field(
            "period_seconds", Type.DOUBLE, "without a heartbeat for so long it may be replaced", "`--lease-seconds`",
            30.0, unit="s",
        ),
        Field(
            "since", Type.DATE, "when this process took it; missing where an earlier version did", "the job",
            "2026-11-22T19:30:00.000Z", unit="UTC, ms", optional=True,
        ),
        Field(
            "heartbeat", Type.DATE, "moved thrice in a period while it runs", "the job", "2026-11-22T19:36:20.000Z",
            unit="UTC, ms",
        ),
        Field(
            "state", Type.STRING, "held: it runs, or has died; released: it was stopped; expired: another one looked "
            "for a whole period and saw no heartbeat", "the job", "held", values=("held", "released", "expired"),
        ),
        Field("stop_requested", Type.BOOLEAN, "whether it was asked to stop", "`manage.py stop`", False),
        Field(
            "last_alive", Type.DATE, "up to when the feed was surely heard: a gap begins then, if it dies", "the job",
            "2026-11-22T19:36:20.000Z", unit="UTC, ms",
        ),
    ),
)  # fmt: skip
