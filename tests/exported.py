"""What tests of exports share: posts with every difficult value, and a folder as a whole."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from casestream.schemas import table_schema
from casestream.tables import POSTS

TEXTS = [
    "commas, \"quotes\", 'apostrophes' and a \\backslash\\",
    "line feed\nreturn\rboth\r\nnext line\u0085line separator\u2028tab\t",
    "nul \x00 and bell \x07",
    "👩🏽‍🔬 and 𝔘𝔫𝔦𝔠𝔬𝔡𝔢, é and é, \u202eright to left",
    "",
    " blanks around ",
    "=1+1",
    "null",
    "NaN",
    '""',
    "x" * 100_000,
]


def posts(texts: list[str] | None = None) -> pa.Table:
    """A table as the loader has it: a post for each text, every column that may be null null in every third."""
    made = [_post(number, text) for number, text in enumerate(texts or TEXTS)]
    return pa.Table.from_pylist(made, table_schema(POSTS, POSTS.names()))


def data_of(folder: Path) -> dict[str, bytes]:
    """Every file of posts in an export."""
    found = folder.glob("job=*/day=*/*")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(found)}


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest as it stands there."""
    stored: dict[str, Any] = json.loads((folder / "_manifest.json").read_text())
    return stored


def _post(number: int, text: str) -> dict[str, Any]:
    at = datetime(2026, 11, 22, 19, 36, 18, 7_000, tzinfo=UTC) + timedelta(milliseconds=number)
    is_null = number % 3 == 0
    optional = {"lang": "", "author": "7", "refers_to": text, "likes": 2**60, "total_case_count": 704_753_890}
    optional |= {"case_count_as_of": at, "case_count_flags": ["stale", "fell"]}
    return {
        **{field.name: text for field in POSTS.fields if field.type == "string"},
        **{field.name: number for field in POSTS.fields if field.type == "integer"},
        **{field.name: at for field in POSTS.fields if field.type == "date"},
        **{name: None if is_null else value for name, value in optional.items()},
        "id": str(10**18 + number),
        "job": "covid",
        "hashtags": [],
        "mentions": ["who", text],
        "urls": ["https://t.co/x"],
    }
