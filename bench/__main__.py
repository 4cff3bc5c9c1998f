"""`make bench`: everyone in turn, then each question of its own; with QUICK=1 the comparison alone, with ONLY=NAME one.

Results lie in bench/results/, the figures of the last comparison in latest.json.
"""

import argparse
import fcntl
import signal
import sys
import time
from collections.abc import Sequence
from importlib import import_module

from bench import machine
from bench.checking import NotRight
from bench.places import CACHE
from bench.processes import Failed
from bench.report import Circumstances, write
from bench.servers import SERVERS

PARTS = ("small_batch", "million", "latency", "socket", "startup", "flatness", "growth", "profile", "arrow")
_BEGAN = time.monotonic()


def say(what: str) -> None:
    """Progress, with the seconds since the start."""
    print(f"{time.monotonic() - _BEGAN:7.1f} s  {what}", flush=True)


def main(arguments: Sequence[str]) -> int:
    """The exit code is 1 where a figure could not be had, 3 where nothing was begun."""
    asked = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended, as after Ctrl-C
    with (CACHE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("make bench: another one is running here, and neither would measure anything", file=sys.stderr)
            return 3
        return _run(asked)


def _run(asked: argparse.Namespace) -> int:
    names = asked.only.split(",") if asked.only else ["compare"] if asked.scale != "full" else ["compare", *PARTS]
    failed = 0
    for name in names:
        try:
            _measure(name, asked.scale, asked.server, asked.contestants)
        except (Failed, NotRight, ValueError) as error:
            say(f"{name} FAILED: {error}")
            failed = 1
    return failed


def _measure(name: str, scale: str, server: str, contestants: str) -> None:
    say(f"{name}, on {server}")
    before = machine.load()
    if name == "compare":
        result = import_module("bench.compare").run(scale, server, say, contestants.split(",") if contestants else ())
    else:
        result = import_module(f"bench.parts.{name}").run(scale, server, say)
    file = write(result, Circumstances(scale, server, (before, machine.load())))
    print(f"\n{file.with_suffix('.md').read_text()}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--scale", choices=("full", "quick", "tiny"), default="full", help="tiny: whether it all works")
    parser.add_argument("--server", choices=sorted(SERVERS), default="memory", help="what everyone writes to")
    parser.add_argument("--only", default="", help=f"compare, {', '.join(PARTS)}; several with commas between")
    parser.add_argument("--contestants", default="", help="some of those that are compared, with commas between")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
