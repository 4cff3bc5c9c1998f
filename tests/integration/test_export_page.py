"""docs/export.md: what it says of reading an export is run."""

import re
from pathlib import Path
from typing import Any

import pytest

from manage import build
from tests.conftest import Documents
from tests.filled import Filling, fill

PAGE = (Path(__file__).parents[2] / "docs/export.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_every_way_of_reading_gives_every_post_with_its_whole_id(
    mongodb_uri: str, database: Documents, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert data_folder.exists()
    fill(database, Filling(batches=3, posts=30, seconds=50_000))
    monkeypatch.setenv("CASESTREAM_MONGODB_URI", mongodb_uri)
    monkeypatch.setenv("CASESTREAM_DATABASE", database.name)
    for to, name in (("export", "parquet"), ("export-csv", "csv"), ("export-jsonl", "jsonl")):
        build()(["export", "--to", to, "--format", name], standalone_mode=False)
    assert len(BLOCKS) == 4
    for block in BLOCKS:
        names: dict[str, Any] = {}
        exec(block, names)
        assert [*names["posts"]["id"]] == [str(10**18 + number) for number in range(90)], block
        assert [*names["posts"]["author"]] == [str(7_000 + number % 10) for number in range(90)], block
