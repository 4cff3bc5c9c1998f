"""The formats of an export. A new one is a file here and a line in FORMATS."""

from operations.exporting.formats.base import Format
from operations.exporting.formats.delimited import Csv
from operations.exporting.formats.id_lines import IdLines
from operations.exporting.formats.json_lines import JsonLines
from operations.exporting.formats.parquet import Parquet

FORMATS: dict[str, type[Format]] = {"parquet": Parquet, "csv": Csv, "jsonl": JsonLines}


def format_of(name: str, ids_only: bool) -> type[Format]:
    """The format of that name; of ids alone it is a text file in place of CSV and JSON lines. Raises KeyError."""
    chosen = FORMATS[name]
    return chosen if chosen is Parquet or not ids_only else IdLines
