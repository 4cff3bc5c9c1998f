"""`exports`: folders with copies of posts."""

from casestream.fields import Collection, Field, Type

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
