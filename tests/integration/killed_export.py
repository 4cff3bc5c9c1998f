"""`manage.py export` and removals that kill themselves: `python -m tests.integration.killed_export`.

Reads lines of JSON, { step, arguments }, and does each in a process of its own, which is dead by SIGKILL before its
step-th change of the folder; answers with a line: its exit code, negative of a signal. arguments: those of manage.py,
or "remove", a folder and ids. A process for each would be seconds of imports; a fork has them.
"""

import importlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import manage
from operations.exporting.folder import Folder
from operations.exporting.removal import remove_posts

importlib.import_module("operations.exporting.command")  # by this process, so that no fork has to

CHANGES: tuple[tuple[Any, str], ...] = ((Folder, "write"), (Path, "replace"), (Path, "unlink"), (os, "fsync"))


def die_before(step: int) -> None:
    """Let this process die before the step-th change; 0: never."""
    left = step

    def counted(change: Callable[..., Any]) -> Callable[..., Any]:
        def made(*arguments: object) -> object:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*arguments)

        return made

    for owner, name in CHANGES:
        setattr(owner, name, counted(getattr(owner, name)))


def run(arguments: list[str]) -> int:
    """What the arguments ask for; the exit code."""
    if arguments[0] == "remove":
        remove_posts(Path(arguments[1]), lambda table: pc.is_in(table["id"], pa.array(arguments[2:])))
        return 0
    sys.argv = ["manage.py", *arguments]
    try:
        return manage.main()
    except SystemExit as end:
        return int(end.code or 0)


def in_a_fork(step: int, arguments: list[str]) -> int:
    """The exit code."""
    child = os.fork()
    if child == 0:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        die_before(step)
        code = run(arguments)
        sys.stdout.flush()
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    for line in sys.stdin:
        asked = json.loads(line)
        print(in_a_fork(asked["step"], asked["arguments"]), flush=True)
