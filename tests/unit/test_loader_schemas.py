"""The types that the loader reads and returns are those of the fields that are stored."""

import ast
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

import casestream
from casestream.fields import Collection, Type
from casestream.layout import ORDER
from casestream.recurring_fields import METRICS, POST
from casestream.schemas import document_schema, table_schema
from casestream.stored import MICRO_BATCHES
from casestream.tables import BATCH_TABLE, COUNT_TABLE, COVERAGE_TABLE, POSTS

TABLES = (POSTS, BATCH_TABLE, COUNT_TABLE, COVERAGE_TABLE)
TYPES = {
    Type.STRING: pa.string(),
    Type.INTEGER: pa.int64(),
    Type.DOUBLE: pa.float64(),
    Type.DATE: pa.timestamp("ms", "UTC"),
    Type.STRINGS: pa.list_(pa.string()),
}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_has_its_fields_in_their_order_each_of_its_type(table: Collection) -> None:
    schema = table_schema(table, table.names())
    assert [(field.name, field.type) for field in schema] == [(field.name, TYPES[field.type]) for field in table.fields]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_two_columns_have_one_name(table: Collection) -> None:
    assert len(set(table.names())) == len(table.names())


def test_every_field_of_a_post_is_read_for_all_columns() -> None:
    read = document_schema(POSTS.names())["content"].value_type
    assert [field.name for field in read] == [field.name for field in POST]
    assert [field.name for field in read.field("metrics").type] == [field.name for field in METRICS]


def test_what_no_column_needs_is_not_read() -> None:
    read = document_schema(["likes", "text"])["content"].value_type
    assert {field.name for field in read} == {"metrics", "text", *ORDER}


def test_every_column_of_posts_comes_from_a_field_that_is_stored() -> None:
    of_posts = {field.name for field in (*POST, *METRICS)} - {"metrics"}
    of_batches = {"batch", "job", "timestamp", "total_case_count"}
    of_count = {f"case_count_{field.name}" for field in MICRO_BATCHES.some(["case_count"])[0].fields}
    assert set(POSTS.names()) == of_posts | of_batches | of_count


def test_importing_the_loader_imports_nothing_that_is_heavy() -> None:
    heavy = "{'pandas', 'pyarrow', 'pymongoarrow', 'pymongo', 'polars', 'tqdm', 'numpy', 'pyspark'}"
    program = f"import sys, casestream; print(*sorted({heavy} & sys.modules.keys()))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == ""


def test_the_version_can_be_read_without_importing() -> None:
    tree = ast.parse(Path(str(casestream.__file__)).read_text())
    values = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__"
    ]
    assert [ast.literal_eval(value) for value in values] == [casestream.__version__]
