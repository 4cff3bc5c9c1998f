"""The wish to stop: SIGTERM, Ctrl-C or `manage.py stop`, obeyed between two batches."""

import os
import signal
import sys
import threading
from types import FrameType

_SHOW_CURSOR = "\x1b[?25h"


class StopSignal:
    """Set by the first SIGTERM or SIGINT; the second one ends the process at once, which loses nothing but time."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def listen(self) -> None:
        """Handle the signals from now on; call it in the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def request(self) -> None:
        """Ask the job to stop."""
        self._event.set()

    def is_set(self) -> bool:
        """Whether the job is to stop."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Let time pass; True as soon as the job is to stop."""
        return self._event.wait(seconds)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._event.is_set():
            if sys.stdout.isatty():
                print(_SHOW_CURSOR, flush=True)  # noqa: T201 - the live line has hidden it
            os._exit(128 + number)  # Spark's JVM ends with its standard input
        self._event.set()
