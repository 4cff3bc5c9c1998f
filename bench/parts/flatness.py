"""Whether time and memory per batch stay level: over 500 batches, and with 20,000 entries in the file source's log."""

import os
import re
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.casestream_job import entries, job
from bench.figures import growth
from bench.parts.million import jvms_of
from bench.processes import Program
from bench.report import Result
from bench.stand import Stand, read_events, stand
from runtime.java import find_java_home
from spool.segments import Segment

_POSTS = 100
_BATCHES = {"tiny": 15, "quick": 100, "full": 500}
_SEGMENTS = {"tiny": 640, "quick": 6_400, "full": 20_000}
_WARM_UP_PART = 5  # a fifth of the batches, while Java's compilers are at work
_SECONDS = 3_000
_LOOK_SECONDS = 10.0
_USED = re.compile(r"^ (?:ParOldGen|tenured generation|Metaspace)\b.*used (\d+)K", re.MULTILINE)


def run(scale: str, server: str, say: Callable[[str], None]) -> Result:
    """A source that Spark reads by itself, then a spool that was full when the job started."""
    with stand(server) as place:
        say(f"{_BATCHES[scale]} batches from Kafka")
        kafka = _from_kafka(place, _BATCHES[scale])
        say(f"{_SEGMENTS[scale]} segments of a spool")
        spool = _from_a_spool(place, _SEGMENTS[scale])
    facts = {"kafka": kafka, "spool": spool}
    columns = ["", "batches", "median s", "time: rise over the run", "live memory: rise over the run"]
    rows = [
        [name, *(str(each[fact]) for fact in ("batches", "median_seconds", "seconds_growth", "memory_growth"))]
        for name, each in facts.items()
    ]
    return Result(
        "flatness", "Time and memory per batch: how much they rise, as a part of their mean", columns, rows, facts
    )


def _from_kafka(place: Stand, batches: int) -> dict[str, Any]:
    task = place.task("flat", place.topic("flat", batches * _POSTS), 0, _POSTS)
    with job(task, place.room(task), "--available-now") as program:
        memory = _watch(program)
        program.wait(_SECONDS)
    with place.client() as client:
        return _level(entries(client[task.database]), memory)


def _from_a_spool(place: Stand, segments: int) -> dict[str, Any]:
    """The peer says nothing: all that the job stores lies in its spool when it starts."""
    task = place.task("flat_spool", "none", 0, 1)
    spool = place.room(task) / "spool"
    _fill(spool, segments)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True).start()
        port = str(listener.getsockname()[1])
        arguments = ("--available-now", "--source", "socket", "--spool", f"file://{spool}")
        with job(task, place.room(task), *arguments, socket_port=port) as program:
            memory = _watch(program)
            program.wait(_SECONDS)
    with place.client() as client:
        return _level(entries(client[task.database]), memory)


def _fill(folder: Path, segments: int) -> None:
    """A segment for each event, as the receiver leaves them (`spool.segments`)."""
    folder.mkdir(parents=True)
    now = int(time.time() * 1000)
    for number, event in enumerate(read_events(segments)):
        line = b"%012d%013d %b\n" % (0, now, event)
        Path(folder, Segment(f"{number:012d}", 1, len(line)).name).write_bytes(line)


def _watch(program: Program) -> list[int]:
    """Bytes of what lives in the JVM's old generation and metaspace, after full collections that are asked for."""
    jcmd = Path(str(find_java_home(os.environ)), "bin/jcmd")
    seen = []
    while program.is_running():
        time.sleep(_LOOK_SECONDS)
        for jvm in jvms_of(program.process.pid):
            if _ask(jcmd, jvm, "GC.run") and (said := _ask(jcmd, jvm, "GC.heap_info")):
                seen.append(sum(map(int, _USED.findall(said))) * 1024)
    return seen


def _ask(jcmd: Path, jvm: int, what: str) -> str:
    """What the JVM answers; nothing where it is gone by now."""
    return subprocess.run([str(jcmd), str(jvm), what], capture_output=True, text=True, timeout=60, check=False).stdout


def _level(ledger: Sequence[dict[str, Any]], memory: Sequence[int]) -> dict[str, Any]:
    seconds = [entry["seconds"] for entry in ledger[len(ledger) // _WARM_UP_PART :]]
    in_use = memory[max(1, len(memory) // _WARM_UP_PART) :]
    return {
        "batches": len(ledger),
        "median_seconds": round(statistics.median(seconds), 3),
        "seconds_growth": round(growth(seconds), 3),
        "memory_growth": round(growth(in_use), 3) if len(in_use) > 1 else None,
        "live_bytes": list(memory),
    }
