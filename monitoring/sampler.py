"""The thread that looks at what a job stands on, so that whoever asks is answered from memory, at once."""

import logging
import threading
from collections.abc import Sequence
from typing import Protocol

from clock import Clock
from monitoring.check import Check

log = logging.getLogger(__name__)

_LATE_SECONDS = 15
_STOP_SECONDS = 5


class Look(Protocol):
    """One of `monitoring.looks`."""

    name: str

    def look(self) -> Check:
        """Set what is measured; whether it is well. It may wait for a server, for a bounded time."""


class Sampler:
    """Every `seconds` a round of all looks. One that hangs is a problem of its own, and holds up nobody else."""

    def __init__(self, looks: Sequence[Look], seconds: float, clock: Clock) -> None:
        self._looks = looks
        self._seconds = seconds
        self._clock = clock
        self._checks: dict[str, Check] = {}
        self._begun: tuple[str, float] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics-sampler", daemon=True)

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; what hangs is left behind."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(_STOP_SECONDS)

    def round(self) -> None:
        """Look at everything once."""
        for each in self._looks:
            self._begun = each.name, self._clock.monotonic()
            before, self._checks[each.name] = self._checks.get(each.name), _looked(each)
            self._begun = None
            _tell(before, self._checks[each.name])

    def checks(self) -> list[Check]:
        """What was found last; of what was not looked at yet, that."""
        found = [self._checks.get(each.name, Check(each.name, "not looked at yet")) for each in self._looks]
        begun = self._begun
        if begun is None or (took := self._clock.monotonic() - begun[1]) < _LATE_SECONDS:
            return found
        late = Check(begun[0], f"has not answered for {took:.0f} s")
        return [late if each.name == late.name else each for each in found]

    def _run(self) -> None:
        while True:
            self.round()
            if self._clock.wait(self._stopping, self._seconds):
                return


def _tell(before: Check | None, now: Check) -> None:
    """A line of the log when something goes wrong, and one when it is well again."""
    if before is None or (before.problem is None) == (now.problem is None):
        return
    if now.problem is None:
        log.info("ready again check=%s", now.name)
    else:
        log.warning("not ready check=%s why=%r", now.name, now.problem)


def _looked(at: Look) -> Check:
    try:
        return at.look()
    except Exception as failure:  # noqa: BLE001 - Java's errors have no common class; it is said, and looked at again
        return Check(at.name, f"{type(failure).__name__}: {str(failure).partition(chr(10))[0]}")
