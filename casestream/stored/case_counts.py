"""`case_counts`: the last good number of each provider."""

from casestream.fields import Collection, Field, Type

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
