"""A job that is started again whenever it ends, as YARN or systemd would do it."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from json import loads
from pathlib import Path

from tests.integration.jobs import END_SECONDS, RunningJob, jvms_of, kill_with_jvms, message

COMMITTED = "batch committed"
_SAY_SECONDS = 240.0


class SupervisedJob:
    """`start` it once; `end` stops it for good. commits: when batches were committed; lines: all that it said."""

    def __init__(self, name: str, folder: Path, arguments: list[str], settings: dict[str, str]) -> None:
        """folder: its working folder; `record` in it gets what its receiver writes, `log` what it says."""
        self.name = name
        self.folder = folder
        self.record = folder / "record"
        self.record.mkdir(parents=True)
        self.arguments = ["--jobname", name, "--source", name, *arguments]
        self.settings = settings
        self.starts = 0
        self.commits: list[datetime] = []
        self.lines: list[str] = []
        self.unexpected: list[str] = []
        """Ends that nobody wanted."""
        self._heard = threading.Condition()
        self._is_over = False
        self._expected: int | None = None
        self._may_start = threading.Event()
        self._may_start.set()
        self._exit_codes: list[int] = []
        self._running: RunningJob | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Return at once."""
        self._thread.start()

    def wait_for(self, wanted: str, since: int | None = None) -> None:
        """Return when a message, behind line `since` or from now on, holds these words. Raises AssertionError."""
        begin = len(self.lines) if since is None else since
        with self._heard:
            if not self._heard.wait_for(lambda: self._has_said(wanted, begin), _SAY_SECONDS):
                last = "\n".join(self.lines[-40:])
                raise AssertionError(f"{self.name} did not say {wanted!r} within {_SAY_SECONDS:g} s but:\n{last}")

    def kill(self, when_dead: Callable[[], None]) -> str:
        """SIGKILL to the driver and its JVM; it starts again when `when_dead` has returned."""
        driver = self._pid()
        jvms: list[int] = []
        self._end_by(lambda: jvms.extend(kill_with_jvms(driver)), -signal.SIGKILL, when_dead)
        return f"SIGKILL to {driver} and its JVM {', '.join(map(str, jvms)) or '(not there yet)'}"

    def kill_jvm(self) -> str:
        """SIGKILL to the JVM alone; the driver ends with exit code 1."""
        self.wait_for(COMMITTED)
        (jvm,) = jvms_of(self._pid())
        self._end_by(lambda: os.killpg(jvm, signal.SIGKILL), 1)
        return f"SIGKILL to the JVM {jvm}"

    def stop(self) -> str:
        """SIGTERM; the job ends with exit code 0."""
        self.wait_for(COMMITTED)
        driver = self._pid()
        self._end_by(lambda: os.kill(driver, signal.SIGTERM), 0)
        return f"SIGTERM to {driver}, exit code 0"

    def be_refused(self, deed: Callable[[], None]) -> str:
        """Its feed is made to refuse it for good: it ends with exit code 3, and is started again."""
        self.wait_for(COMMITTED)
        self._end_by(deed, 3)
        return f"exit code 3: {message(self.lines[-1])}"

    def stand_still(self, seconds: float) -> str:
        """SIGSTOP to the driver and its JVM for so long."""
        processes = [driver := self._pid(), *jvms_of(driver)]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            time.sleep(seconds)
            state = Path(f"/proc/{driver}/stat").read_text().rpartition(")")[2].split()[0]
            assert state == "T", f"{driver} did not stand still"
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)
        return f"{driver} stood still for {seconds:g} s"

    def end(self) -> None:
        """Stop it for good, in order. Raises AssertionError."""
        self._is_over = True
        driver = self._pid()
        self._end_by(lambda: os.kill(driver, signal.SIGTERM), 0)
        self._thread.join(END_SECONDS)

    def abandon(self) -> None:
        """Kill it, wherever it is."""
        self._is_over = True
        if self._running is not None and self._running.process.poll() is None:
            kill_with_jvms(self._running.process.pid)
        self._may_start.set()

    def _has_said(self, wanted: str, since: int) -> bool:
        return any(wanted in message(line) for line in self.lines[since:])

    def _run(self) -> None:
        while not self._is_over:
            self.starts += 1
            command = (sys.executable, "-m", "tests.soak.recorded_main", str(self.record))
            with self._heard:
                self._running = RunningJob(self.folder, self.arguments, self.settings, command)
                self._heard.notify_all()
            self._read(self._running)
            self._note_end(self._running.process.wait(END_SECONDS))
            self._may_start.wait()

    def _read(self, running: RunningJob) -> None:
        with (self.folder / "log").open("a") as log:
            for line in running.lines():
                log.write(line + "\n")
                log.flush()
                with self._heard:
                    self.lines.append(line)
                    if COMMITTED in message(line):
                        self.commits.append(datetime.fromisoformat(loads(line)["time"]))
                    self._heard.notify_all()

    def _note_end(self, code: int) -> None:
        with self._heard:
            if code != self._expected:
                self.unexpected.append(f"{self.name} ended with {code}: {self.lines[-1] if self.lines else ''}")
            self._expected = None
            self._exit_codes.append(code)
            self._heard.notify_all()

    def _pid(self) -> int:
        with self._heard:
            running = self._heard.wait_for(self._alive, END_SECONDS)
        assert running is not None, f"{self.name} does not run"
        return running.process.pid

    def _alive(self) -> RunningJob | None:
        return self._running if self._running is not None and self._running.process.poll() is None else None

    def _end_by(self, deed: Callable[[], None], code: int, when_dead: Callable[[], None] = lambda: None) -> None:
        """Do it, and see the job end so."""
        ends = len(self._exit_codes)
        self._expected = code
        self._may_start.clear()
        try:
            deed()
            with self._heard:
                assert self._heard.wait_for(lambda: len(self._exit_codes) > ends, END_SECONDS), f"{self.name} runs on"
                assert self._exit_codes[-1] == code, (self.unexpected, self.lines[-5:])
            when_dead()
        finally:
            self._may_start.set()
