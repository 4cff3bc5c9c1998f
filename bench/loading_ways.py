"""Ways to get posts out of MongoDB into a table: one of them, in this process, measured.

`python -m bench.loading_ways WAY URI DATABASE UNTIL`: prints as JSON the seconds that it took, the most memory that the
process ever had, before and after, and what tells whether the result is right.
"""

import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pandas as pd
from pymongo import MongoClient

import casestream
from casestream.layout import path
from casestream.tables import POSTS

BATCH_FIELDS = ("job", "timestamp", "total_case_count")
Way = Callable[[str, str, datetime], Any]


def loader_pandas(uri: str, database: str, until: datetime) -> pd.DataFrame:
    """The loader, every column."""
    return casestream.load_posts(uri, database=database, until=until)


def loader_arrow(uri: str, database: str, until: datetime) -> Any:  # noqa: ANN401 (a pyarrow.Table)
    """The loader, every column."""
    return casestream.load_posts(uri, database=database, until=until, as_="arrow")


def loader_polars(uri: str, database: str, until: datetime) -> Any:  # noqa: ANN401 (a polars.DataFrame)
    """The loader, every column."""
    return casestream.load_posts(uri, database=database, until=until, as_="polars")


def loader_pieces(uri: str, database: str, until: datetime) -> dict[str, int]:
    """The loader, every column, 100,000 rows at a time, none kept."""
    rows, likes = 0, 0
    for piece in casestream.iter_posts(uri, database=database, until=until):
        rows += len(piece)
        likes += int(piece["likes"].sum())
    return {"rows": rows, "likes": likes}


def unwind(uri: str, database: str, until: datetime) -> pd.DataFrame:
    """What one writes first for the same table: the server lays it out."""
    stored = {name: "$_id" if name == "batch" else f"${path(name)}" for name in POSTS.names()}
    return _aggregated(uri, database, until, {"$project": {"_id": 0, **stored}})


def unwind_objects(uri: str, database: str, until: datetime) -> pd.DataFrame:
    """Less than the same table: each post is left an object, in one column."""
    return _aggregated(uri, database, until)


def _aggregated(uri: str, database: str, until: datetime, *more: dict[str, Any]) -> pd.DataFrame:
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        pipeline: list[dict[str, Any]] = [{"$match": {"timestamp": {"$lt": until}}}, {"$unwind": "$content"}, *more]
        return pd.DataFrame(list(client[database]["micro_batches"].aggregate(pipeline)))


def find(uri: str, database: str, until: datetime) -> pd.DataFrame:
    """Written by hand with care: whole documents, laid out flat in Python."""
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        rows: list[dict[str, Any]] = []
        for document in client[database]["micro_batches"].find({"timestamp": {"$lt": until}}):
            about = {name: document[name] for name in BATCH_FIELDS} | document["case_count"]
            for post in document["content"]:
                rows.append({**post, **(post["metrics"] or {}), **about})
        return pd.DataFrame(rows)


WAYS: dict[str, Way] = {
    way.__name__: way
    for way in (loader_pandas, loader_arrow, loader_polars, loader_pieces, unwind, unwind_objects, find)
}


def right(result: Any) -> dict[str, Any]:  # noqa: ANN401 (whatever a way returns)
    """Rows, sum of likes, and where the result has them a hash of all (id, text), whatever their order."""
    if isinstance(result, dict):
        return result
    columns = [_values(result, name) for name in ("id", "text", "likes")]
    pairs = sorted(zip(columns[0], columns[1], strict=True))
    text = "\n".join(f"{post} {words}" for post, words in pairs)
    likes = int(sum(number for number in columns[2] if not pd.isna(number)))
    return {"rows": len(pairs), "likes": likes, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def _values(result: Any, name: str) -> Iterable[Any]:  # noqa: ANN401 (whatever a way returns)
    if isinstance(result, pd.DataFrame) and "content" in result:
        return [(post["metrics"] or {}).get("likes") if name == "likes" else post[name] for post in result["content"]]
    column = result[name]
    values: Iterable[Any] = column.to_pylist() if hasattr(column, "to_pylist") else column.to_list()
    return values


def peak_megabytes() -> float:
    """The most memory that this process ever had; Linux."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def measured(way: Way, uri: str, database: str, until: datetime) -> dict[str, Any]:
    """Neither imports nor the check are part of the time."""
    casestream.load_batches(uri, database=database, until=until, columns=["batch"])
    before, began = peak_megabytes(), time.perf_counter()
    result = way(uri, database, until)
    seconds = time.perf_counter() - began
    memory = {"megabytes_before": before, "peak_megabytes": peak_megabytes()}
    return {"seconds": round(seconds, 2), **memory, "right": right(result)}


if __name__ == "__main__":
    name, address, database_name, end = sys.argv[1:]
    sys.stdout.write(json.dumps(measured(WAYS[name], address, database_name, datetime.fromisoformat(end))))
