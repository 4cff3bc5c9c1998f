"""The loader beside what people would write instead: `python -m bench.loader [--posts N] [--quick]`.

On the embedded server. Each way runs in a process of its own, in turn, the order rotated from round to round; a result
that is not right ends the bench. Writes bench/results/loader.json, .md and .svg.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.loader_report import write
from bench.machine import cores, load, processor
from bench.stored_posts import BATCH_POSTS, BEGIN, store
from ledger.database import connect
from ledger.indexes import ensure_indexes
from runtime.embedded import EmbeddedServer

ROUNDS = {"loader_pandas": 3, "loader_arrow": 3, "loader_polars": 3, "find": 2, "unwind": 2, "unwind_objects": 2}
DATABASE = "bench"
_PATIENCE = "&connectTimeoutMS=600000"  # the embedded server, busy with a long query, answers no heartbeat meanwhile
PIECES = (100_000, 1_000_000)
_PACKAGES = ("pandas", "polars", "pyarrow", "pymongo", "pymongoarrow", "secantusdb")

Measurement = dict[str, Any]


def main() -> None:
    """Fill, measure, write."""
    asked = arguments()
    with TemporaryDirectory() as folder, EmbeddedServer(Path(folder)) as server:
        uri = server.start() + _PATIENCE
        fill(uri, asked.posts)
        runs = measure(uri, asked.posts, rounds=1 if asked.quick else None)
        pieces = [run("loader_pieces", uri, posts) for posts in sorted({min(each, asked.posts) for each in PIECES})]
    write(figures(asked.posts, runs, pieces))


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_true", help="each way once")
    return parser.parse_args()


def fill(uri: str, posts: int) -> None:
    """A database with so many posts and a job's indexes."""
    database = connect(uri, DATABASE)
    with database.client:
        ensure_indexes(database)
        store(database, posts)


def measure(uri: str, posts: int, rounds: int | None) -> dict[str, list[Measurement]]:
    """Each way as often as ROUNDS says, or so often."""
    runs: dict[str, list[Measurement]] = {way: [] for way in ROUNDS}
    for turn in range(max(ROUNDS.values())):
        ways = [way for way, wanted in ROUNDS.items() if turn < (rounds or wanted)]
        for way in ways[turn % len(ways) :] + ways[: turn % len(ways)] if ways else []:
            runs[way].append(run(way, uri, posts))
    if len({json.dumps(each["right"]) for each in every(runs)}) != 1:
        raise SystemExit(f"the ways do not agree: {runs}")
    return runs


def every(runs: dict[str, list[Measurement]]) -> list[Measurement]:
    """All of them."""
    return [each for some in runs.values() for each in some]


def run(way: str, uri: str, posts: int) -> Measurement:
    """One way, once, over the first so many posts. Raises CalledProcessError, SystemExit where a post is missing."""
    until = BEGIN + timedelta(seconds=20) * -(-posts // BATCH_POSTS)
    command = [sys.executable, "-m", "bench.loading_ways", way, uri, DATABASE, until.isoformat()]
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found: Measurement = json.loads(said.stdout)
    if found["right"]["rows"] != posts:
        raise SystemExit(f"{way} found {found['right']['rows']} of {posts} posts")
    sys.stderr.write(f"{way}: {posts} posts, {found['seconds']} s, {found['peak_megabytes']} MB\n")
    return {**found, "load": load()}


def figures(posts: int, runs: dict[str, list[Measurement]], pieces: list[Measurement]) -> dict[str, Any]:
    """What is written. load: how many processes wanted to run in the last minute, this bench's own among them."""
    seconds = {way: statistics.median(each["seconds"] for each in some) for way, some in runs.items()}
    return {
        "ratios": {
            "unwind_to_loader_pandas": round(seconds["unwind"] / seconds["loader_pandas"], 2),
            "find_to_loader_pandas": round(seconds["find"] / seconds["loader_pandas"], 2),
        },
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "posts": posts,
        "machine": machine(),
        "runs": runs,
        "iter_posts": {str(each["right"]["rows"]): each for each in pieces},
    }


def machine() -> dict[str, Any]:
    """What it was measured on: nothing that names the machine."""
    versions = {package: version(package) for package in _PACKAGES}
    return {"processor": processor(), "cores": cores(), "python": platform.python_version(), **versions}


if __name__ == "__main__":
    main()
