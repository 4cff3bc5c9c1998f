"""What is written in each format is read back, by casestream and by what people read files with."""

import json
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq
import pytest

from casestream.schemas import TIME
from errors import JobError
from operations.exporting.chunks import in_files, of_size
from operations.exporting.formats import FORMATS
from operations.exporting.formats.base import Format
from operations.exporting.formats.id_lines import IdLines
from tests.exported import TEXTS, posts

IDS = dict.fromkeys(("id", "author", "refers_to", "edit_of"), pl.String)


def written(file_format: Format, table: pa.Table, folder: Path) -> Path:
    path = folder / f"posts{file_format.suffix}"
    with path.open("wb") as file:
        file_format.write([file_format.encoded(table)], file)
    return path


@pytest.fixture(params=[*FORMATS, "ids"])
def file_format(request: pytest.FixtureRequest) -> Format:
    if request.param == "ids":
        return IdLines(posts().select(["id"]).schema)
    return FORMATS[request.param](posts().schema)


@pytest.fixture
def table(file_format: Format) -> pa.Table:
    return posts().select(file_format.schema.names)


def test_what_was_written_is_read_back_and_written_again_as_the_same_bytes(
    file_format: Format, table: pa.Table, tmp_path: Path
) -> None:
    path = written(file_format, table, tmp_path)
    encoded = pa.concat_tables(file_format.read(path))
    assert encoded.equals(file_format.encoded(table))
    again = tmp_path / "again"
    with again.open("wb") as file:
        file_format.write(file_format.read(path), file)
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("kind", [*FORMATS.values(), IdLines])
def test_many_rows_are_read_in_tables_of_a_bounded_size(kind: type[Format], tmp_path: Path) -> None:
    table = pa.table({"id": [str(10**18 + number) for number in range(600_000)]})
    path, file_format = tmp_path / "many", kind(table.schema)
    with path.open("wb") as file:
        file_format.write(map(file_format.encoded, of_size([table], 100_000)), file)
    read = list(file_format.read(path))
    assert max(map(len, read)) <= 500_000 or kind is FORMATS["csv"]  # of CSV the bytes are bounded
    assert pa.concat_tables(read).equals(table)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_other_columns_is_not_read(name: str, tmp_path: Path) -> None:
    path = written(FORMATS[name](posts().select(["id", "text"]).schema), posts().select(["id", "text"]), tmp_path)
    with pytest.raises(ValueError, match="id, text"):
        list(FORMATS[name](posts().schema).read(path))


@pytest.mark.parametrize("name", ["parquet", "jsonl"])
def test_a_file_that_was_cut_is_not_read(name: str, tmp_path: Path) -> None:
    path = written(FORMATS[name](posts().schema), posts(), tmp_path)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises((ValueError, OSError)):
        list(FORMATS[name](posts().schema).read(path))


def test_parquet_has_zstd_and_dictionaries_where_values_repeat(tmp_path: Path) -> None:
    path = written(FORMATS["parquet"](posts().schema), posts(), tmp_path)
    group = pq.ParquetFile(path).metadata.row_group(0)
    columns = {column.path_in_schema: column for column in map(group.column, range(group.num_columns))}
    assert {column.compression for column in columns.values()} == {"ZSTD"}
    with_dictionary = {name for name, column in columns.items() if "RLE_DICTIONARY" in column.encodings}
    assert {"kind", "lang", "source", "job", "timestamp", "hashtags.list.element"} <= with_dictionary
    assert with_dictionary.isdisjoint({"id", "text", "raw_text", "origin"})


def test_parquet_is_what_pandas_and_polars_have_of_the_loader(tmp_path: Path) -> None:
    path, table = written(FORMATS["parquet"](posts().schema), posts(), tmp_path), posts()
    assert pl.read_parquet(path).with_columns(pl.col("job").cast(pl.String)).to_dicts() == table.to_pylist()
    read = pq.read_table(path)
    assert read["created_at"].type == TIME
    assert read.cast(table.schema).equals(table)


def test_csv_tells_null_from_an_empty_text_for_pyarrow_and_polars(tmp_path: Path) -> None:
    path, table = written(FORMATS["csv"](posts().schema), posts(), tmp_path), posts()
    kept = {field.name: field.type for field in table.schema if not pa.types.is_list(field.type)}
    null = pv.ConvertOptions(
        column_types=kept, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    read = pv.read_csv(path, parse_options=pv.ParseOptions(newlines_in_values=True), convert_options=null)
    assert read.select(list(kept)).equals(table.select(list(kept)))
    assert [json.loads(each) for each in read["mentions"].to_pylist()] == table["mentions"].to_pylist()
    by_polars = pl.read_csv(path, schema_overrides=IDS, infer_schema_length=None)
    for name in ("id", "text", "lang", "refers_to", "likes"):
        assert by_polars[name].to_list() == table[name].to_pylist(), name


def test_csv_is_read_by_pandas_with_ids_as_text(tmp_path: Path) -> None:
    path, table = written(FORMATS["csv"](posts().schema), posts(), tmp_path), posts()
    read = pd.read_csv(path, dtype=dict.fromkeys(IDS, "str"), parse_dates=["created_at"], keep_default_na=False)
    assert read["id"].tolist() == table["id"].to_pylist()
    assert read["text"].tolist() == TEXTS
    assert read["created_at"].tolist() == [pd.Timestamp(each) for each in table["created_at"].to_pylist()]


def test_json_lines_are_objects_with_every_field(tmp_path: Path) -> None:
    path, table = written(FORMATS["jsonl"](posts().schema), posts(), tmp_path), posts()
    lines = path.read_bytes().decode().split("\n")
    assert lines.pop() == ""
    read = [json.loads(line) for line in lines]
    assert all(list(post) == table.column_names for post in read)
    for name in ("text", "lang", "likes", "mentions"):
        assert [post[name] for post in read] == table[name].to_pylist()
    assert read[1]["created_at"] == "2026-11-22T19:36:18.008Z"
    assert "👩🏽‍🔬" in lines[3]
    by_polars = pl.read_ndjson(path, infer_schema_length=None)
    assert by_polars["text"].to_list() == TEXTS
    assert by_polars["id"].to_list() == table["id"].to_pylist()


def test_ids_are_one_a_line_and_nothing_else(tmp_path: Path) -> None:
    path = written(IdLines(posts().select(["id"]).schema), posts().select(["id"]), tmp_path)
    assert path.read_text().splitlines() == [str(10**18 + number) for number in range(len(TEXTS))]


def test_an_id_with_a_line_feed_is_refused(tmp_path: Path) -> None:
    table = pa.table({"id": ["1\n2"]})
    with pytest.raises(JobError, match="line feed in it: --format parquet"):
        written(IdLines(table.schema), table, tmp_path)


def test_tables_of_any_size_become_files_of_a_bounded_size() -> None:
    tables = [
        pa.table({"n": pa.array(range(first, last), pa.int64())}) for first, last in [(0, 3), (3, 3), (3, 25), (25, 31)]
    ]
    files = [[each["n"].to_pylist() for each in file] for file in in_files(of_size(tables, 5), 3)]
    assert [[len(each) for each in file] for file in files] == [[5, 5, 5], [5, 5, 5], [1]]
    assert [n for file in files for each in file for n in each] == list(range(31))
    assert list(in_files(of_size([tables[1]], 5), 3)) == []
