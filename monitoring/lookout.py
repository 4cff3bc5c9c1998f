"""Who watches one job for machines: its metrics, whether it lives, whether it is ready."""

import json
import platform
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from pyspark.version import __version__ as spark_version

from casestream import __version__
from clock import Clock
from monitoring import definitions as of
from monitoring.batch_metrics import BatchMetrics
from monitoring.check import Check
from monitoring.log_lines import redacted
from monitoring.metrics import Metrics
from monitoring.sampler import Look, Sampler
from monitoring.server import MetricsServer, Page
from monitoring.signs import Signs
from settings import Settings

NOWHERE = "none"
"""As METRICS_ADDRESS: nobody can ask."""

_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"
_LONGEST_PROBLEM = 400
_SAMPLE_SECONDS = 5.0


class Lookout:
    """`with Lookout(settings, clock) as lookout: …` answers from then on; its parts come as the job makes them."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self.metrics = Metrics(settings.jobname, settings.source)
        self.signs = Signs(settings.trigger_seconds, clock)
        self.batches = BatchMetrics(self.metrics, clock)
        self._sampler: Sampler | None = None
        self._server: MetricsServer | None = None
        if settings.metrics_address != NOWHERE:
            self._server = MetricsServer(settings.metrics_address, settings.metrics_port, self.answer)
        version = {"version": __version__, "python": platform.python_version(), "spark": spark_version}
        self.metrics.set(of.BUILD, 1, **version)
        self.metrics.set(of.TRIGGER, settings.trigger_seconds)

    def __enter__(self) -> Self:
        if self._server is not None:
            self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.stop()

    def look_at(self, looks: Sequence[Look]) -> None:
        """The job stands on these: look at them until `look_no_more`."""
        self._sampler = Sampler(looks, min(_SAMPLE_SECONDS, max(1.0, self._settings.trigger_seconds)), self._clock)
        self._sampler.start()

    def look_no_more(self) -> None:
        """What is looked at is about to be closed."""
        if self._sampler is not None:
            self._sampler.stop()

    def checks(self) -> list[Check]:
        """Everything that must be well for the job to be ready."""
        return [self.signs.check(), *(self._sampler.checks() if self._sampler else ())]

    def answer(self, path: str, accept: str) -> Page:
        """The page of that path: /metrics, /healthz, /readyz (docs/metrics.md), else 404. accept: the header."""
        if path == "/metrics":
            return self._metrics(accept)
        if path == "/healthz":
            dead = self.signs.is_dead()
            return Page(503 if dead else 200, _TEXT, f"{dead or 'alive'}\n".encode())
        if path == "/readyz":
            return self._ready()
        return Page(404, _TEXT, b"there are /metrics, /healthz and /readyz\n")

    def _metrics(self, accept: str) -> Page:
        self.metrics.set(of.ALIVE, self.signs.is_dead() is None)
        self.metrics.set(of.IN_HAND, self.signs.in_hand_seconds())
        for check in self.checks():
            self.metrics.set(of.READY, check.problem is None, check=check.name)
        text, content_type = self.metrics.text(accept)
        return Page(200, content_type, text)

    def _ready(self) -> Page:
        found = self.checks()
        secrets = self._settings.secrets()
        told = {each.name: redacted(each.problem or "well", secrets)[:_LONGEST_PROBLEM] for each in found}
        is_ready = not any(each.problem for each in found)
        body = {"jobname": self._settings.jobname, "source": self._settings.source, "ready": is_ready, "checks": told}
        return Page(200 if is_ready else 503, _JSON, json.dumps(body, ensure_ascii=False).encode() + b"\n")
