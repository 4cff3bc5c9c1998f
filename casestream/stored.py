"""Every collection that a job writes, field by field."""

from casestream.fields import Collection, Field, Type
from casestream.recurring_fields import (
    BATCH_NUMBER,
    CASE_COUNT,
    JOB,
    ORIGIN,
    POST,
    RECEIVED_AT,
    SOURCE,
    TIMESTAMP,
    TOTAL_CASE_COUNT,
)

MICRO_BATCHES = Collection(
    "micro_batches",
    "the posts of one micro-batch; more documents, its parts, where one would pass `MAX_DOCUMENT_BYTES`",
    (
        Field("_id", Type.STRING, "`<query id>:<batch id>:<part>`", "the job", "5a27…:17:0"),
        Field("schema_version", Type.INTEGER, "version of this layout", "the job", 1),
        JOB,
        SOURCE,
        BATCH_NUMBER,
        Field("part", Type.INTEGER, "number of this part", "the job", 0, unit="from 0 on"),
        Field(
            "parts", Type.INTEGER, "into how many the posts were divided; an empty part has no document", "the job", 1
        ),
        Field("posts", Type.INTEGER, "length of content", "the job", 615, unit="posts"),
        Field("content", Type.OBJECTS, "the posts, by (created_at, origin)", "the source", [], fields=POST),
        TIMESTAMP,
        TOTAL_CASE_COUNT,
        CASE_COUNT,
    ),
)

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
            "lines, bytes, duplicates; of files file, and passed_over: why it was not read", "the source",
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

CASE_COUNTS = Collection(
    "case_counts",
    "the last good number of a provider",
    (
        Field(
            "_id", Type.STRING, "name of the provider; of page and file with a hash of where it reads", "cache",
            "worldometers",
        ),
        Field("value", Type.INTEGER, "the number", "the page", 704_753_890, unit="people"),
        Field("as_of", Type.DATE, "see case_count", "the page", None, unit="UTC, ms", null=True),
        Field("fetched_at", Type.DATE, "see case_count", "scraper", "2026-11-22T19:36:20.667Z", unit="UTC, ms"),
        Field(
            "since", Type.DATE, "fetched_at of the first reading of this number; missing before there were flags",
            "cache", "2026-11-22T19:36:20.667Z", unit="UTC, ms", optional=True,
        ),
        Field(
            "before", Type.INTEGER, "the number that it followed; null: none; missing before there were flags", "cache",
            None, unit="people", null=True, optional=True,
        ),
    ),
)  # fmt: skip

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

EXPORTS = Collection(
    "exports",
    "a folder that holds copies of posts, so that `manage.py forget` finds these too",
    (
        Field("_id", Type.STRING, "`<host>:<folder>`", "`manage.py export`", "node7:/data/covid"),
        Field("host", Type.STRING, "the machine that wrote it", "the command", "node7"),
        Field("folder", Type.STRING, "its path there", "`--to`", "/data/covid"),
        Field("format", Type.STRING, "of its files", "`--format`", "parquet", values=("parquet", "csv", "jsonl")),
        Field("jobs", Type.STRINGS, "whose posts; null: of all jobs", "`--jobname`", ["covid"], null=True),
        Field(
            "since", Type.DATE, "posts of batches triggered then or later; null: of all", "`--since`",
            "2026-11-22T00:00:00.000Z", unit="UTC, ms", null=True,
        ),
        Field(
            "until", Type.DATE, "posts of batches triggered before then; null: of all", "`--until`",
            "2026-11-23T00:00:00.000Z", unit="UTC, ms", null=True,
        ),
        Field("ids_only", Type.BOOLEAN, "whether it holds nothing but ids", "`--ids-only`", False),
        Field("posts", Type.INTEGER, "in its files when the last run ended", "the command", 61_500, unit="posts"),
        Field("first_at", Type.DATE, "when it was begun", "the command", "2026-11-23T06:00:00.000Z", unit="UTC, ms"),
        Field("at", Type.DATE, "when it was last run", "the command", "2026-11-23T06:00:09.000Z", unit="UTC, ms"),
    ),
)  # fmt: skip

COLLECTIONS = (
    MICRO_BATCHES, BATCHES, DEAD_LETTERS, REMOVALS, COVERAGE, CASE_COUNTS, FORGOTTEN, LEASES, USAGE, EXPORTS
)  # fmt: skip
