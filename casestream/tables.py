"""The tables that the loader returns, and the views `posts` and `texts`: what is stored, laid out flat."""

from dataclasses import replace

from casestream.fields import Collection, Field, Type
from casestream.recurring_fields import CASE_COUNT, METRICS, POST, TOTAL_CASE_COUNT
from casestream.stored import BATCHES, COVERAGE, MICRO_BATCHES

_COUNT = (
    replace(
        TOTAL_CASE_COUNT,
        null=True,
        about="coronavirus cases, world-wide, cumulative; null: not known, see case_count_status",
    ),
    *(
        replace(
            field,
            name=f"case_count_{field.name}",
            about=field.about.replace("Missing before", "Null before"),
            null=field.null or field.optional,
            optional=False,
        )
        for field in CASE_COUNT.fields
    ),
)
_BATCH = Field("batch", Type.STRING, "`<query id>:<batch id>`, `_id` of its entry in `batches`", "the job", "5a27…:17")
_JOB, _TIMESTAMP = MICRO_BATCHES.some(["job", "timestamp"])


def _flat(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    return tuple(each for field in fields for each in (METRICS if field.name == "metrics" else (field,)))


POSTS = Collection(
    "posts",
    "a post of a committed micro-batch, with its batch beside it",
    (*_flat(POST), _JOB, _BATCH, _TIMESTAMP, *_COUNT),
)

_ROW_ID = Field(
    "_id", Type.STRING, "`_id` of the post's document and its place in content; another one once posts before it were "
    "forgotten", "the view", "5a27…:17:0:3", unit="from 0 on",
)  # fmt: skip
POSTS_VIEW = replace(
    POSTS,
    fields=(
        _ROW_ID,
        *(TOTAL_CASE_COUNT if field.name == TOTAL_CASE_COUNT.name else field for field in POSTS.fields),
    ),
)

_OF_AN_ENTRY = (
    "job", "source", "batch_id", "timestamp", "posts", "dead_letters", "tombstones", "duplicates", "bytes", "parts",
    "content_hash", "newest_received_at", "code_version", "planned_at", "committed_at", "seconds", "lag_seconds",
)  # fmt: skip
_REMOVED = tuple(
    replace(field, null=True, optional=False)
    for field in BATCHES.some(["forgotten", "forgotten_at", "expired_at", "deletions", "edits", "filtered"])
)
BATCH_TABLE = Collection(
    "batches", "a committed micro-batch", (_BATCH, *BATCHES.some(_OF_AN_ENTRY), *_REMOVED, *_COUNT)
)

_PROVIDER, _AS_OF, _FETCHED_AT = (
    field for field in CASE_COUNT.fields if field.name in ("provider", "as_of", "fetched_at")
)
_FLAGS = _COUNT[-1]
COUNT_TABLE = Collection(
    "counts",
    "a reading of the case count that committed micro-batches were joined with",
    (
        _PROVIDER,
        _COUNT[0],
        _AS_OF,
        _FETCHED_AT,
        Field(
            "status", Type.STRING, "case_count.status of the first micro-batch that it was joined with",
            "scraper, cache", "live", values=CASE_COUNT.fields[0].values,
        ),
        replace(_FLAGS, name="flags", about=f"{_FLAGS.about}; of the last micro-batch that it was joined with"),
        Field(
            "first_batch", Type.DATE, "timestamp of the first micro-batch that it was joined with, within the range",
            "Spark's offset log", "2026-11-22T19:36:20.052Z", unit="UTC, ms",
        ),
        Field(
            "last_batch", Type.DATE, "timestamp of the last one", "Spark's offset log", "2026-11-22T19:40:20.052Z",
            unit="UTC, ms",
        ),
        Field("batches", Type.INTEGER, "how many it was joined with", "loader", 13, unit="micro-batches"),
    ),
)  # fmt: skip

COVERAGE_TABLE = Collection(
    "coverage",
    "a time in which a push feed was not heard",
    (
        *COVERAGE.some(["job", "source", "from", "to"]),
        Field("seconds", Type.DOUBLE, "how long it was; null while it is open", "to - from", 41.0, unit="s", null=True),
        *COVERAGE.some(["cause", "recovered"]),
    ),
)

TEXTS = Collection(
    "texts",
    "the flat form: the texts of one document of `micro_batches`",
    (
        *MICRO_BATCHES.some(["_id", "job"]),
        Field("content", Type.STRINGS, "`text` of each post, in their order", "the source", ["Stay safe covid19"]),
        *MICRO_BATCHES.some(["timestamp", "total_case_count"]),
    ),
)

VIEWS = (POSTS_VIEW, TEXTS)
TABLES = (POSTS, BATCH_TABLE, COUNT_TABLE, COVERAGE_TABLE)
