"""A batch of 10 posts: from its trigger to its commit, and where that time goes."""

import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.casestream_job import Reporter, entries, start_query
from bench.figures import percentile
from bench.processes import job_environment, module, running
from bench.report import Result
from bench.stand import stand
from bench.task import Task
from runtime.session import open_session

_POSTS = 10
_BATCHES = {"tiny": 12, "quick": 60, "full": 90}  # Spark keeps its progress of the last hundred
_WARM_UP_BATCHES = 10
_SECONDS = 900
# In Spark's progress, in the order in which it does them; `addBatch` is the job's own part.
_BEFORE = {
    "latestOffset": "Spark: where the topic ends",
    "walCommit": "Spark: offsets to its log",
    "getBatch": "Spark: the batch's frame",
    "queryPlanning": "Spark: planning",
}
_AFTER = {"commitOffsets": "Spark: commit to its log"}
_SPANS = {
    "process": "job: read, parse, clean, count, hash (one pass)",
    "parts": "job: number of parts",
    "count": "job: waiting for the case count",
    "plan": "job: plan to the ledger",
    "documents": "job: documents made and written",
}


def run(scale: str, server: str, say: Callable[[str], None]) -> Result:
    """Batches one after the other, without a pause between triggers."""
    batches = _BATCHES[scale]
    with stand(server) as place:
        topic = place.topic("posts", _POSTS * (batches + _WARM_UP_BATCHES))
        task = place.task("small_batch", topic, 0, _POSTS)
        say(f"{batches} batches of {_POSTS} posts")
        with running(module(__spec__.name, task.as_argument()), place.room(task), job_environment()) as program:
            program.wait(_SECONDS)
            progress = json.loads(program.output().splitlines()[-1])
        with place.client() as client:
            ledger = entries(client[task.database])[_WARM_UP_BATCHES:]
    seconds = [(entry["committed_at"] - entry["timestamp"]).total_seconds() for entry in ledger]
    phases = _phases(ledger, progress[_WARM_UP_BATCHES:])
    facts = {
        "trigger_to_committed_seconds": {"median": statistics.median(seconds), "p99": percentile(seconds, 99)},
        "batches": len(seconds),
        "milliseconds": phases,
    }
    rows = [[name, f"{milliseconds:,.1f}"] for name, milliseconds in phases.items()]
    rows += [["from trigger to committed in the ledger", f"{statistics.median(seconds) * 1000:,.1f}"]]
    return Result("small_batch", f"A batch of {_POSTS} posts, median milliseconds", ["", "ms"], rows, facts)


def _phases(ledger: Sequence[dict[str, Any]], progress: Sequence[dict[str, float]]) -> dict[str, float]:
    def spark(names: dict[str, str]) -> dict[str, float]:
        return {about: statistics.median(each.get(name, 0) for each in progress) for name, about in names.items()}

    spans = {
        about: statistics.median(entry["spans"].get(name, 0) for entry in ledger) for name, about in _SPANS.items()
    }
    rest = statistics.median(each["addBatch"] for each in progress) - sum(spans.values())
    others = {"job: ledger looked at and committed, foreachBatch, the rest": rest}
    whole = {"a trigger in all, by Spark": statistics.median(each["triggerExecution"] for each in progress)}
    return spark(_BEFORE) | spans | others | spark(_AFTER) | whole


def main(task: Task) -> None:
    """The job's query over all that is there; Spark's progress is the last line."""
    spark = open_session(task.name, Path())
    query = start_query(spark, task, Reporter(), task.uri)
    query.awaitTermination()
    print(json.dumps([progress["durationMs"] for progress in query.recentProgress]))
    spark.stop()


if __name__ == "__main__":
    main(Task.from_arguments())
