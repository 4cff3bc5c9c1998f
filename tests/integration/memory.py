"""How much memory a running job has taken at most, as Linux counts it: its Python and its Java."""

import re
from pathlib import Path

from tests.integration.jobs import RunningJob, is_committed


class Memory:
    """Looked at with `look` while the job runs; `python` and `java` are the most bytes that were resident so far."""

    def __init__(self, running: RunningJob) -> None:
        self._python = running.process.pid
        self.python = self.java = 0
        self.heap = ""
        """What the Java was started with, like 2g."""

    def look(self) -> None:
        """The system remembers each process's peak: looking seldom misses nothing but the last moments."""
        self.python = max(self.python, _peak(self._python))
        for child in Path(f"/proc/{self._python}/task/{self._python}/children").read_text().split():
            if heap := re.search(rb"\x00-Xmx(\w+)\x00", _read(int(child), "cmdline")):
                self.heap = heap[1].decode()
                self.java = max(self.java, _peak(int(child)))

    def look_until_the_end(self, running: RunningJob) -> int:
        """At each stored batch; the exit code."""
        for line in running.lines():
            if is_committed(line):
                self.look()
        return running.end()


def _peak(process: int) -> int:
    found = re.search(rb"VmHWM:\s+(\d+) kB", _read(process, "status"))
    return int(found[1]) * 1024 if found else 0


def _read(process: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{process}/{name}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
