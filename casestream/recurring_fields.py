"""The fields that recur in more than one collection, and those of a post."""

from casestream.fields import Field, Type

JOB = Field("job", Type.STRING, "name of the job", "`--jobname`", "covid")
SOURCE = Field("source", Type.STRING, "name of the job's source", "`--source`", "kafka")
BATCH_NUMBER = Field(
    "batch_id", Type.INTEGER, "the micro-batch's number within its query", "Spark; a requeue: when it was begun", 17,
    unit="from 0 on",
)  # fmt: skip
TIMESTAMP = Field(
    "timestamp", Type.DATE, "when the micro-batch was triggered, the same at every replay", "Spark's offset log",
    "2026-11-22T19:36:20.052Z", unit="UTC, ms",
)  # fmt: skip
ORIGIN = Field(
    "origin", Type.STRING, "where the event came from, unique for ever",
    "Kafka: topic/partition/offset; a push feed: segment:line", "posts/3/12345",
)  # fmt: skip
RECEIVED_AT = Field(
    "received_at", Type.DATE, "when the event was received: Kafka's own time of it, or the receiver's",
    "broker or receiver", "2026-11-22T19:36:19.823Z", unit="UTC, ms",
)  # fmt: skip

METRICS = (
    Field("likes", Type.INTEGER, "likes at the time of receipt", "the event", 3, unit="likes", null=True),
    Field("reposts", Type.INTEGER, "reposts at the time of receipt", "the event", 1, unit="reposts", null=True),
    Field("replies", Type.INTEGER, "replies at the time of receipt", "the event", 0, unit="replies", null=True),
    Field("quotes", Type.INTEGER, "quotes at the time of receipt", "the event", 0, unit="quotes", null=True),
)

POST = (
    Field("id", Type.STRING, "the network's own id; where it has none, a hash of the origin", "the event", "1989"),
    Field(
        "kind", Type.STRING, "what the post is to another one", "the event", "post",
        values=("post", "repost", "quote", "reply"),
    ),
    Field(
        "text", Type.STRING, "cleaned: entities decoded once, `RT @name:`, URLs and the `#` of hashtags removed, "
        "white space collapsed", "made of raw_text", "Stay safe covid19",
    ),
    Field("raw_text", Type.STRING, "the text as received", "the event", "Stay safe #covid19 https://t.co/x"),
    Field(
        "created_at", Type.DATE, "when it was posted; of a plain line, received_at", "the event",
        "2026-11-22T19:36:18.000Z", unit="UTC, ms",
    ),
    RECEIVED_AT,
    Field("lang", Type.STRING, "its language as the network has it", "the event", "en", unit="BCP 47", null=True),
    Field("author", Type.STRING, "the network's own id of who wrote it", "the event", "2244994945", null=True),
    Field(
        "refers_to", Type.STRING, "id of the post that it repeats, quotes or answers", "the event", "1988", null=True
    ),
    Field("edit_of", Type.STRING, "id of the first version, of an edited post", "the event", "1987", null=True),
    Field("metrics", Type.OBJECT, "counts at the time of receipt", "the event", {}, null=True, fields=METRICS),
    Field("hashtags", Type.STRINGS, "hashtags, without `#`", "the event, else its text", ["covid19"]),
    Field("mentions", Type.STRINGS, "names mentioned, without `@`", "the event, else its text", ["who"]),
    Field("urls", Type.STRINGS, "URLs in their order", "the event, else its text", ["https://t.co/x"]),
    SOURCE,
    ORIGIN,
)  # fmt: skip

TOTAL_CASE_COUNT = Field(
    "total_case_count", Type.INTEGER, "coronavirus cases, world-wide, cumulative; -1: not known, see case_count.status",
    "the count's provider", 704_753_890, unit="people",
)  # fmt: skip
CASE_COUNT = Field(
    "case_count", Type.OBJECT, "where total_case_count comes from", "the count's provider", {},
    fields=(
        Field(
            "status", Type.STRING, "live: read for this batch; cached: the last good one; unparsed: the page had none; "
            "never: there never was one; none: none was wanted", "scraper, cache", "live",
            values=("live", "cached", "unparsed", "never", "none"),
        ),
        Field("provider", Type.STRING, "name of the provider", "`--count-provider`", "worldometers"),
        Field(
            "as_of", Type.DATE, "the time that the provider gives for the number", "the page",
            "2024-04-13T01:00:00.000Z", unit="UTC, ms", null=True,
        ),
        Field(
            "fetched_at", Type.DATE, "when it was read", "scraper", "2026-11-22T19:36:20.667Z", unit="UTC, ms",
            null=True,
        ),
        Field(
            "flags", Type.STRINGS, "why not to trust the number; empty: nothing to say. stale: it is old; fell: less "
            "than the one before it; jumped: ten times that, or a tenth. Missing before there were flags",
            "the job", ["stale"], optional=True, values=("stale", "fell", "jumped"),
        ),
    ),
)  # fmt: skip
