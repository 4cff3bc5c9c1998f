"""From the start of `main.py` to the first trigger, with warm caches, and what that time is spent on."""

import json
import statistics
import time
from collections.abc import Callable
from datetime import datetime

from bench.casestream_job import entries, job
from bench.report import Result
from bench.stand import Stand, stand

_POSTS = 100
_STARTS = {"tiny": 2, "quick": 3, "full": 6}  # the first fills the caches
_SECONDS = 300
_STAGES = {
    "starting Spark": "Python, imports, settings",
    "taking the lease": "Java, Spark's session; MongoDB reached, indexes",
    "trigger": "lease, checkpoint, source, query",
    "batch committed": "the first batch",
}


def run(scale: str, server: str, say: Callable[[str], None]) -> Result:
    """Each start is a new job with a checkpoint of its own."""
    with stand(server) as place:
        place.topic("posts", _POSTS)
        starts = []
        for number in range(_STARTS[scale]):
            starts.append(_start(place))
            say(f"start {number + 1}: {starts[-1]['trigger']:.1f} s to the first trigger")
    warm = starts[1:]
    stages, before = {}, 0.0
    for name, about in _STAGES.items():
        median = statistics.median(each[name] for each in warm)
        stages[about] = round(median - before, 2)
        before = median
    seconds = statistics.median(each["trigger"] for each in warm)
    facts = {"seconds_to_first_trigger": round(seconds, 2), "starts": len(warm), "stages_seconds": stages}
    rows = [[about, f"{value:.1f}"] for about, value in stages.items()]
    rows.insert(-1, ["to the first trigger", f"{seconds:.1f}"])
    return Result("startup", "Start of main.py, median seconds", ["", "s"], rows, facts)


def _start(place: Stand) -> dict[str, float]:
    """Seconds from the start until each stage was reached."""
    task = place.task("startup", "posts", _POSTS, _POSTS)
    began = time.time()
    with job(task, place.room(task), "--available-now") as program:
        program.wait(_SECONDS)
        said = [json.loads(line) for line in program.error_lines() if line.startswith("{")]
    with place.client() as client:
        (entry,) = entries(client[task.database])
    place.clear(task)
    reached = {
        stage: datetime.fromisoformat(line["time"]).timestamp() - began
        for stage in _STAGES
        for line in said
        if line["event"].startswith(stage)
    }
    return {**reached, "trigger": entry["timestamp"].timestamp() - began}
