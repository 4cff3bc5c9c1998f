"""The socket receiver alone: lines of a TCP peer into a spool on this machine's disk, without Spark."""

import socket
import sys
import threading
import time
from collections.abc import Callable
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from bench import machine
from bench.figures import growth, warm_rate
from bench.places import CACHE
from bench.processes import Program, job_environment, module, running
from bench.report import Result
from bench.stand import read_events
from bench.task import report
from clock import SystemClock
from receivers.socket import SocketReceiver
from runtime.reception import Reception
from settings import Settings
from spool.files import open_folder

_EVENTS = 10_000
_LINES = {"tiny": 200_000, "quick": 2_000_000, "full": 6_000_000}
_SECONDS = 600
_STEP_SECONDS = 0.25


def run(scale: str, server: str, say: Callable[[str], None]) -> Result:  # noqa: ARG001 - no database is asked
    """As many lines as the peer can send; the segments are counted afterwards."""
    lines, events = _LINES[scale], list(read_events(_EVENTS))
    say(f"{lines} lines of {sum(map(len, events)) / len(events):.0f} bytes")
    scratch = CACHE / "runs"
    scratch.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=scratch) as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        block = b"".join(event + b"\n" for event in events)
        feed = threading.Thread(target=_feed, args=(listener, block, lines // _EVENTS), daemon=True)
        feed.start()
        command = module(__spec__.name, folder, str(listener.getsockname()[1]))
        with running(command, Path(folder), job_environment()) as program:
            memory = _watch(program)
            program.wait(_SECONDS)
            points = program.points()
        kept = sum(file.read_bytes().count(b"\n") for file in Path(folder, "spool").glob("*.segment"))
    rate = warm_rate(points, lines // 10)
    bytes_a_line = (len(block) - _EVENTS) / _EVENTS
    facts = {
        "lines_per_second": round(rate),
        "megabytes_per_second": round(rate * bytes_a_line / 1e6, 1),
        "lines": lines,
        "lines_kept": kept,
        "memory_first_and_most_bytes": [memory[0], max(memory)],
        "memory_growth": round(growth(memory), 4),
    }
    rows = [
        ["lines/s", f"{rate:,.0f}"],
        ["MB/s", f"{facts['megabytes_per_second']:,}"],
        ["memory at first, at most (MB)", f"{memory[0] / 1e6:,.0f}, {max(memory) / 1e6:,.0f}"],
        ["lines sent, kept", f"{lines:,}, {kept:,}"],
    ]
    return Result("socket", "The socket receiver alone, into a file: spool", ["", ""], rows, facts)


def _feed(listener: socket.socket, block: bytes, times: int) -> None:
    connection, _ = listener.accept()
    with connection:
        for each in repeat(block, times):
            connection.sendall(each)


def _watch(program: Program) -> list[int]:
    """The memory of the receiving process, every quarter of a second while it reads."""
    seen: list[int] = []
    while program.is_running():
        time.sleep(_STEP_SECONDS)
        if program.points():
            try:
                seen.append(machine.memory(program.process.pid))
            except OSError:
                break
    return [each for each in seen if each] or [0]


class _Nothing:
    """In place of coverage and usage: takes every call."""

    def __getattr__(self, _name: str) -> Callable[..., float]:
        return lambda *_, **__: 0.0


def main(folder: str, port: int) -> None:
    """Listen until the peer closes."""
    settings = Settings(jobname="bench", source="socket", socket_port=port, available_now=True, spool_max_bytes=10**12)
    spool = open_folder(f"file://{folder}/spool", None)
    spool.make()
    nothing = cast(Any, _Nothing())
    reception = Reception(SocketReceiver, settings, spool, nothing, nothing, SystemClock())
    reception.start()
    while not reception.is_over:
        time.sleep(_STEP_SECONDS)
        if reception.heard:
            report(reception.heard)
    reception.check()
    reception.stop()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
