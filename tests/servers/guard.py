"""Servers end when the process that started them does, in whatever way."""

import subprocess
from pathlib import Path

_KILL = 'read -r _; kill -9 "$1"'
# On YARN, containers have sessions of their own; all that a server starts works below its folder.
_KILL_BELOW = """
read -r _
for process in /proc/[0-9]*; do
    case "$(readlink "$process/cwd")/" in "$1"/*) kill -9 "${process#/proc/}" ;; esac
done
"""


def guard(process_id: int) -> subprocess.Popen[bytes]:
    """A process that kills that one when this one is gone: its standard input ends with us."""
    return _guard(_KILL, str(process_id))


def guard_folder(folder: Path) -> subprocess.Popen[bytes]:
    """The same for every process that works in the folder or below it; on Linux."""
    return _guard(_KILL_BELOW, str(folder))


def dismiss(guardian: subprocess.Popen[bytes]) -> None:
    """Let nothing be killed. One of a process before that is reaped: its id must never be seen given to another."""
    guardian.kill()
    guardian.communicate()


def _guard(script: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["sh", "-c", script, "guard", *arguments],
        cwd="/",
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
