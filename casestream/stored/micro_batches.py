"""`micro_batches`: the posts, a document for each micro-batch or part of one."""

from casestream.fields import Collection, Field, Type
from casestream.recurring_fields import BATCH_NUMBER, CASE_COUNT, JOB, POST, SOURCE, TIMESTAMP, TOTAL_CASE_COUNT

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
