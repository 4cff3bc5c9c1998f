"""A million posts, about 530 MB, in one trigger, with 2 GB for the driver's JVM."""

import time
from collections.abc import Callable
from pathlib import Path

from bench import machine
from bench.casestream_job import entries, job
from bench.checking import WORDS, compare, in_documents, reference
from bench.processes import Program
from bench.report import Result
from bench.stand import stand

_POSTS = {"tiny": 20_000, "quick": 300_000, "full": 1_000_000}
_SECONDS = 1_800
_LOOK_SECONDS = 0.5


def run(scale: str, server: str, say: Callable[[str], None]) -> Result:
    """A process of its own, so the first and only batch is a cold one. All that is stored is compared."""
    posts = _POSTS[scale]
    with stand(server) as place:
        say(f"{posts} events into a topic")
        task = place.task("million", place.topic("posts", posts), posts, posts)
        say("one trigger")
        began = time.monotonic()
        with job(task, place.room(task), "--available-now") as program:
            peak = _watch(program)
            program.wait(_SECONDS)
        whole = time.monotonic() - began
        say("comparing what is stored")
        with place.client() as client:
            (entry,) = entries(client[task.database])
            compare(in_documents(client[task.database]), reference(posts, WORDS))
    facts = {
        "posts": posts,
        "seconds": entry["seconds"],
        "seconds_with_start": round(whole, 1),
        "posts_per_second": round(posts / entry["seconds"]),
        "jvm_peak_bytes": peak,
        "documents": entry["parts"],
        "milliseconds": entry["spans"],
    }
    rows = [[f"{name} (ms)", f"{value:,.0f}"] for name, value in entry["spans"].items()]
    rows += [["the batch (s)", f"{entry['seconds']:,.1f}"], ["with main.py's start (s)", f"{whole:,.1f}"]]
    rows += [["most memory of the JVM (MB)", f"{peak / 1e6:,.0f}"], ["documents", str(entry["parts"])]]
    return Result("million", f"{posts:,} posts in one trigger, -Xmx2g", ["", ""], rows, facts)


def _watch(program: Program) -> int:
    """The most memory that the JVM ever had, until the job ends. Raises Failed."""
    peak, deadline = 0, time.monotonic() + _SECONDS
    while program.is_running() and time.monotonic() < deadline:
        for jvm in jvms_of(program.process.pid):
            try:
                peak = max(peak, machine.peak_memory(jvm))
            except OSError:
                continue
        time.sleep(_LOOK_SECONDS)
    return peak


def jvms_of(driver: int) -> list[int]:
    """The processes that the driver has started and that are Java; each has a session of its own."""
    return [int(each.name) for each in Path("/proc").glob("[0-9]*") if _is_jvm_of(each, driver)]


def _is_jvm_of(process: Path, driver: int) -> bool:
    try:
        name, _, rest = (process / "stat").read_text().rpartition(")")
    except OSError:
        return False
    return int(rest.split()[1]) == driver and name.endswith("(java")
