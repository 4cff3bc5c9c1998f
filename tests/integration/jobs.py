"""main.py and manage.py as processes, the way people run them."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from runtime.java import find_java_home

ROOT = Path(__file__).parents[2]
END_SECONDS = 120
_OF_EVERY = ("time", "level", "logger", "event", "job", "query_id", "batch_id")
_SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Of a JVM that does not live long enough for Java's second compiler and its parallel collector to pay."""


def environment(settings: dict[str, str]) -> dict[str, str]:
    """The environment of a job: the settings, and what spark-submit wants: its own Python first, and a Java.

    What is told to the tests alone is not told to it.
    """
    variables = {f"CASESTREAM_{name.upper()}": value for name, value in settings.items()}
    here = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    java = {
        "JAVA_HOME": str(find_java_home(os.environ)),
        "SPARK_LAUNCHER_OPTS": _SHORT_LIVED,
        "SPARK_SUBMIT_OPTS": _SHORT_LIVED,
    }
    ours = {name: value for name, value in os.environ.items() if not name.startswith("CASESTREAM_TEST_")}
    return {**ours, "PATH": here, **java, **variables}


class RunningJob:
    """A main.py that logs JSON lines to standard error; its working folder, and so its `.data`, is the test's own."""

    def __init__(
        self, folder: Path, arguments: list[str], settings: dict[str, str], command: tuple[str, ...] = (sys.executable,)
    ) -> None:
        self.errors: list[str] = []
        self.process = subprocess.Popen(
            [*command, str(ROOT / "main.py"), "--log-format", "json", *arguments],
            cwd=folder,
            env=environment(settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def lines(self) -> Iterator[str]:
        """Standard error, line by line, until it ends."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors.append(line.rstrip("\n"))
            yield self.errors[-1]

    def read_until(self, wanted: Callable[[str], bool]) -> str:
        """The first line from here on that is wanted; fails with all that was said where none comes."""
        for line in self.lines():
            if wanted(line):
                return line
        raise AssertionError("main.py ended before it said so:\n" + "\n".join(self.errors))

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def stop(self) -> None:
        """Ask it to stop, as a person or a cluster does; it must end in order."""
        self.signal(signal.SIGTERM)
        assert self.end() == 0, "\n".join(self.errors)

    def end(self) -> int:
        """Wait for its end; the exit code."""
        for _ in self.lines():
            pass
        return self.process.wait(END_SECONDS)


@contextmanager
def job(folder: Path, *arguments: str, **settings: str) -> Iterator[RunningJob]:
    """A job that is killed with the test, if it still runs then."""
    running = RunningJob(folder, list(arguments), settings)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            os.killpg(running.process.pid, signal.SIGKILL)
        running.end()


def run(folder: Path, *arguments: str, **settings: str) -> tuple[int, list[str]]:
    """Run a job to its end: exit code and the lines of standard error."""
    with job(folder, *arguments, **settings) as running:
        return running.end(), running.errors


def manage(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run an operator's command to its end."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        cwd=folder,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=END_SECONDS,
        check=False,
    )


def jvms_of(driver: int) -> list[int]:
    """The JVMs that the driver has started; each has a process group of its own."""
    # The kernel's own list of children may leave some out.
    return [int(process.name) for process in Path("/proc").glob("[0-9]*") if _parent(process) == driver]


def kill_with_jvms(driver: int) -> list[int]:
    """SIGKILL to a main.py and to its JVMs, as when a machine loses its power; which JVMs they were. All are dead."""
    jvms = jvms_of(driver)
    ends = [os.pidfd_open(jvm) for jvm in jvms]
    os.killpg(driver, signal.SIGKILL)  # the driver first: it must not see its JVM die
    for jvm, end in zip(jvms, ends, strict=True):
        with suppress(ProcessLookupError):
            os.killpg(jvm, signal.SIGKILL)
        assert select.select([end], [], [], END_SECONDS)[0]
        os.close(end)
    return jvms


def _parent(process: Path) -> int | None:
    """None where it has ended meanwhile."""
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def is_committed(line: str) -> bool:
    """Whether the line tells of a stored batch."""
    return "batch committed" in message(line)


def message(line: str) -> str:
    """What a log line says happened, and its fields; the line itself where it is no JSON."""
    if not line.startswith("{"):
        return line
    event = json.loads(line)
    return " ".join([event["event"], *(f"{name}={value}" for name, value in event.items() if name not in _OF_EVERY)])
