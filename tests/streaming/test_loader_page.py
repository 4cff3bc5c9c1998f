"""docs/loader.md: what it says can be done as it says it."""

import re
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

import casestream
from tests.conftest import Documents
from tests.filled import BEGIN, Filling, fill, gap

PAGE = (Path(__file__).parents[2] / "docs/loader.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COLUMN = {"string": "lang", "integer": "likes", "date": "timestamp", "array of strings": "urls"}


@pytest.fixture
def uri(mongodb_uri: str, database: Documents, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a server on which the name `casestream`, which the page does not give, is the test's own database."""
    fill(database, Filling(posts=10))
    gap(database, "covid", "kafka", BEGIN, None)
    for call in casestream.__all__:
        assert (getattr(casestream, call).__kwdefaults__ or {})["database"] == "casestream"
        monkeypatch.setitem(getattr(casestream, call).__kwdefaults__, "database", database.name)
    return mongodb_uri


def test_the_blocks_run_one_after_another(
    uri: str, database: Documents, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    from casestream.spark import read_posts

    monkeypatch.setitem(read_posts.__kwdefaults__ or {}, "database", database.name)
    names: dict[str, object] = {"uri": uri, "spark": spark}
    assert len(BLOCKS) == 5
    for block in BLOCKS:
        exec(compile(block, "docs/loader.md", "exec"), names)
    assert len(casestream.load_posts(uri)) == 30


@pytest.mark.parametrize("kind", COLUMN)
def test_the_types_are_those_of_the_table(uri: str, kind: str) -> None:
    found = re.search(rf"^\| {kind} \| (.*) \| (.*) \| (.*) \|$", PAGE, re.MULTILINE)
    assert found is not None
    pandas, polars, arrow = (re.findall(r"`(.+?)`", cell)[0] for cell in found.groups())
    column = COLUMN[kind]
    assert str(casestream.load_posts(uri)[column].dtype) == pandas
    said = str(casestream.load_posts(uri, as_="polars").schema[column])
    assert re.sub(r"\w+=|'|\"", "", said) == re.sub(r"\"", "", polars)
    assert str(casestream.load_posts(uri, as_="arrow").schema.field(column).type).replace("item: ", "") == arrow


def test_the_page_names_every_call() -> None:
    assert all(f"`{call}`" in PAGE for call in casestream.__all__)
