"""A main.py that stops at a point and is killed there, as a machine is that loses its power."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.integration.crash_points import Point
from tests.integration.jobs import END_SECONDS, ROOT, RunningJob, kill_with_jvms
from tests.integration.paused_main import armed_by

_LOOK_SECONDS = 0.05


class HeldJob(RunningJob):
    """`arm` it when the next batch is the one to die in."""

    def __init__(self, folder: Path, arguments: tuple[str, ...], settings: dict[str, str], point: Point) -> None:
        self.marker = folder / f"held-{point}"
        module = (sys.executable, "-m", "tests.integration.paused_main", point, str(self.marker))
        super().__init__(folder, [*arguments], settings, module)

    def arm(self) -> None:
        """Let it stop the next time that it comes to the point."""
        armed_by(self.marker).touch()

    def wait_for_the_point(self) -> None:
        """Return when it is there; fails where it does not come there."""
        wait_until(self, self.marker.exists)

    def go_on(self) -> None:
        """Let it go on."""
        self.marker.unlink()

    def die(self) -> None:
        """SIGKILL to the driver and to its JVM, which has a group of its own; return when both are dead."""
        assert len(self.kill()) == 1
        assert self.end() == -signal.SIGKILL, self.errors

    def kill(self) -> list[int]:
        """SIGKILL, whatever has started; the JVMs that were killed."""
        return kill_with_jvms(self.process.pid)


@contextmanager
def held_job(folder: Path, arguments: tuple[str, ...], settings: dict[str, str], point: Point) -> Iterator[HeldJob]:
    """A job that is killed with the test, if it still runs then."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)  # its folder is the test's own
        held = HeldJob(folder, arguments, settings, point)
    try:
        yield held
    finally:
        if held.process.poll() is None:
            held.kill()
            held.end()


def wait_until(running: RunningJob, condition: Callable[[], bool]) -> None:
    """Wait for a condition as long as the job runs; fails with all that the job said."""
    until = time.monotonic() + END_SECONDS
    while not condition():
        if running.process.poll() is not None or time.monotonic() > until:
            with suppress(ProcessLookupError):
                os.killpg(running.process.pid, signal.SIGKILL)
            running.end()
            raise AssertionError("the job did not come so far:\n" + "\n".join(running.errors))
        with suppress(subprocess.TimeoutExpired):
            running.process.wait(_LOOK_SECONDS)
