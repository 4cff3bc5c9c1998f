"""How long the phases of a micro-batch take."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Spans:
    """How long each phase of one batch took, in milliseconds."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.milliseconds: dict[str, float] = {}

    @contextmanager
    def of(self, phase: str) -> Iterator[None]:
        """Time what runs inside; of a phase that fails nothing is kept, of one that runs again the last time."""
        began = time.monotonic()
        yield
        self.milliseconds[phase] = round((time.monotonic() - began) * 1000, 1)

    def total_seconds(self) -> float:
        """From the batch's beginning until now."""
        return round(time.monotonic() - self._began, 3)
