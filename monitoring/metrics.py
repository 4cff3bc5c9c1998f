"""The metrics of one job: a registry of its own, which knows what stands in `definitions` and nothing else."""

from collections.abc import Mapping
from itertools import product

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import choose_encoder

from monitoring.definitions import DEFINITIONS, OTHER, Definition

COMMON = ("jobname", "source")
"""The labels that every series has."""


class Metrics:
    """Safe to use from several threads.

    A counter is there from the start, at 0, so that its first increase is seen; a gauge from when it is first set.
    labels: a value for each label of the definition; KeyError where one is missing.
    """

    def __init__(self, jobname: str, source: str) -> None:
        disable_created_metrics()  # a second series beside each counter, of which Prometheus makes nothing
        self._common = (jobname, source)
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._made: dict[str, Counter | Gauge] = {each.name: self._make(each) for each in DEFINITIONS}

    def add(self, counter: Definition, number: float = 1, **labels: str) -> None:
        """So many more."""
        made = self._made[counter.name].labels(*self._common, *_known(counter, labels))
        made.inc(number)

    def set(self, gauge: Definition, value: float, **labels: str) -> None:
        """It is that now."""
        made = self._made[gauge.name].labels(*self._common, *_known(gauge, labels))
        assert isinstance(made, Gauge)
        made.set(value)

    def drop(self, gauge: Definition) -> None:
        """It is not known any more: none of its series is shown."""
        self._made[gauge.name].clear()

    def text(self, accept: str = "") -> tuple[bytes, str]:
        """All of it, and its content type. accept: the header of whoever asks.

        https://prometheus.io/docs/instrumenting/exposition_formats/
        """
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    def _make(self, definition: Definition) -> Counter | Gauge:
        kind = Counter if definition.kind == "counter" else Gauge
        names = (*COMMON, *definition.labels)
        made = kind(definition.name, definition.about, names, registry=self._registry)
        if definition.kind == "counter":
            for values in product(*definition.labels.values()):
                made.labels(*self._common, *values)
        return made


def _known(definition: Definition, given: Mapping[str, str]) -> list[str]:
    """The labels' values in their order; one that is in no list is `OTHER`, so that their number is bounded."""
    values = []
    for name, allowed in definition.labels.items():
        value = given[name]
        values.append(value if not allowed or value in allowed else OTHER)
    return values
