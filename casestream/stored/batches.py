"""`batches`: the ledger, an entry for each micro-batch."""

from casestream.fields import Collection, Field, Type
from casestream.recurring_fields import BATCH_NUMBER, CASE_COUNT, JOB, SOURCE, TIMESTAMP, TOTAL_CASE_COUNT

BATCHES = Collection(
    "batches",
    "the ledger: one entry for each micro-batch, planned before its first write and committed after its last",
    (
        Field("_id", Type.STRING, "`<query id>:<batch id>`", "the job", "5a27…:17"),
        JOB,
        SOURCE,
        Field("query_id", Type.STRING, "id of Spark's query, one a checkpoint; or `requeue`", "checkpoint", "5a27…"),
        BATCH_NUMBER,
        TIMESTAMP,
        TOTAL_CASE_COUNT,
        CASE_COUNT,
        Field(
            "offsets", Type.OBJECTS, "what was read: of Kafka topic, partition, from, until; of a push feed segment, "
            "lines, bytes, duplicates; of files file, passed_over: why it was not read, unread_bytes: of lines over "
            "16 MB", "the source",
            [{"topic": "posts", "partition": 3, "from": 100, "until": 250}],
        ),
        Field("parts", Type.INTEGER, "see micro_batches; 0 without posts", "the job", 1),
        Field("posts", Type.INTEGER, "posts stored", "the job", 615, unit="posts"),
        Field("dead_letters", Type.INTEGER, "events that are no posts", "the job", 2, unit="events"),
        Field("tombstones", Type.INTEGER, "events of Kafka without a value", "the job", 0, unit="events"),
        Field(
            "forgotten", Type.INTEGER, "events left out, or posts removed later: somebody asked for it, or the feed",
            "the job, `manage.py forget`", 0, unit="events", optional=True,
        ),
        Field(
            "deletions", Type.INTEGER, "events that say that a post was deleted; the first versions wrote none",
            "the source", 0, unit="events", optional=True,
        ),
        Field(
            "edits", Type.INTEGER, "posts that come in the place of an earlier version; the first versions wrote none",
            "the source", 0, unit="posts", optional=True,
        ),
        Field(
            "filtered", Type.INTEGER, "events that the source leaves out on purpose; the first versions wrote none",
            "the source", 0, unit="events", optional=True,
        ),
        Field(
            "duplicates", Type.INTEGER, "events dropped: the feed sent them again, or a file holds them twice",
            "the source", 0, unit="events",
        ),
        Field("bytes", Type.INTEGER, "an upper bound of the posts' size", "the job", 412_000, unit="bytes of BSON"),
        Field(
            "content_hash", Type.STRING, "over all posts, dead letters and removals", "the job", "0f3c…",
            unit="16 hex digits",
        ),
        Field(
            "removals_hash", Type.STRING, "over its removals alone; the first versions wrote none", "the job",
            "0000000000000000", unit="16 hex digits", optional=True,
        ),
        Field(
            "newest_received_at", Type.DATE, "received_at of the newest event", "the job", "2026-11-22T19:36:19.823Z",
            unit="UTC, ms", null=True,
        ),
        Field("code_version", Type.STRING, "version of casestream", "the job", "0.1.0"),
        Field("from_start", Type.BOOLEAN, "whether the job was told `--from-start`", "`--from-start`", False),
        Field(
            "epoch", Type.INTEGER, "epoch of the lease under which it was planned; the first versions wrote none",
            "the lease", 3, optional=True,
        ),
        Field(
            "state", Type.STRING, "committed: all of it is stored", "the job", "committed",
            values=("planned", "committed"),
        ),
        Field("planned_at", Type.DATE, "when it was planned", "the job", "2026-11-22T19:36:20.700Z", unit="UTC, ms"),
        Field(
            "committed_at", Type.DATE, "when it was committed", "the job", "2026-11-22T19:36:21.000Z", unit="UTC, ms",
            null=True,
        ),
        Field(
            "seconds", Type.DOUBLE, "from the batch's beginning to its last write", "the job", 0.61, unit="s",
            optional=True,
        ),
        Field(
            "lag_seconds", Type.DOUBLE, "age of the newest event when all was written", "the job", 1.2, unit="s",
            null=True, optional=True,
        ),
        Field(
            "spans", Type.OBJECT, "how long each phase took", "the job", {"process": 310.5}, unit="ms", optional=True
        ),
        Field(
            "forgotten_at", Type.DATE, "when posts of it were last removed", "the job, `manage.py forget`",
            "2026-11-22T21:00:00.000Z", unit="UTC, ms", optional=True,
        ),
        Field(
            "forgetting", Type.OBJECT, "a removal that has begun and not ended", "the job, `manage.py forget`", {},
            optional=True,
            fields=(
                Field(
                    "by", Type.STRING, "whose it is: the job's name, or `forget:all`; the first versions wrote none",
                    "the job, `manage.py forget`", "forget:all", optional=True,
                ),
                Field("document", Type.STRING, "`_id` of the document", "`manage.py forget`", "5a27…:17:0"),
                Field("posts", Type.INTEGER, "posts that go", "`manage.py forget`", 1, unit="posts"),
                Field("left", Type.INTEGER, "posts that stay in the document", "`manage.py forget`", 614, unit="posts"),
                Field(
                    "content_hash", Type.STRING, "of the batch without them", "`manage.py forget`", "1f3c…",
                    unit="16 hex digits",
                ),
            ),
        ),
        Field(
            "expired_at", Type.DATE, "when its documents and dead letters were removed", "`RETENTION_DAYS`",
            "2026-11-22T21:00:00.000Z", unit="UTC, ms", optional=True,
        ),
    ),
)  # fmt: skip
