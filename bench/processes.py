"""Programs that the bench runs: each in a folder and a session of its own, ended with whatever it started."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Point
from bench.places import OLD_PYMONGO, PEERS_PYTHON, ROOT
from runtime.ivy import last_lines

_END_SECONDS = 20


class Failed(Exception):
    """A program ended badly, or not at all; the message ends with its last words."""


class Program:
    """A running program; its standard output and error go to files in its folder."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._output, self._errors = folder / "output", folder / "errors"
        self._command = command
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )

    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def wait(self, seconds: float) -> None:
        """Until it ends. Raises Failed where it takes longer, and where its exit code is not 0."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self._name} takes more than {seconds:.0f} s\n{self.errors()}") from None
        if code:
            raise Failed(f"{self._name} ended with {code}\n{self.errors()}")

    def points(self) -> list[Point]:
        """What it has reported (`bench.task.report`)."""
        lines = self._output.read_text().splitlines()
        reports = [json.loads(line) for line in lines if line.startswith('{"events"')]
        return [Point(each["at"], each["events"]) for each in reports]

    def output(self) -> str:
        """What it wrote."""
        return self._output.read_text()

    def errors(self) -> str:
        """The end of what it wrote to standard error."""
        return last_lines(self._errors.read_text(errors="replace"))

    def error_lines(self) -> list[str]:
        """All that it wrote to standard error."""
        return self._errors.read_text(errors="replace").splitlines()

    def end(self) -> None:
        """In order where it is willing; killed with its process group where it is not."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.is_running():
                os.killpg(self.process.pid, number)
                try:
                    self.process.wait(_END_SECONDS)
                except subprocess.TimeoutExpired:
                    continue

    @property
    def _name(self) -> str:
        return " ".join(self._command[1:4])


@contextmanager
def running(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Program]:
    """A program that is ended at the latest with the block."""
    program = Program(command, folder, environment or job_environment())
    try:
        yield program
    finally:
        program.end()


def job_environment(**more: str) -> dict[str, str]:
    """Of what runs in the job's own Python."""
    here = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": here, "PYTHONPATH": f"{OLD_PYMONGO}{os.pathsep}{ROOT}", **more}


def peers_environment(**more: str) -> dict[str, str]:
    """Of what runs in the peers' Python."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs a module of the bench in the job's Python."""
    return [sys.executable, "-m", name, *arguments]


def peers_module(name: str, *arguments: str) -> list[str]:
    """The same in the peers' Python."""
    return [str(PEERS_PYTHON), "-m", name, *arguments]
