"""PromQL, taken apart: which metrics and labels an expression speaks of."""

from collections.abc import Iterator
from typing import NamedTuple

from promql_parser import AggregateExpr, BinaryExpr, Expr, VectorSelector, parse, walk

_VARIABLES = {"$__rate_interval": "5m", "$__range": "1h"}
"""Grafana's own, which it puts in before Prometheus sees the expression."""


class Selected(NamedTuple):
    """A metric, and the values of its labels that are asked for; a pattern of several is each of them."""

    metric: str
    labels: dict[str, tuple[str, ...]]


class Expression:
    """Raises ValueError where it is no PromQL."""

    def __init__(self, text: str) -> None:
        for name, value in _VARIABLES.items():
            text = text.replace(name, value)
        self._nodes: list[Expr] = []
        walk(parse(text), lambda node: self._nodes.append(node))

    def selected(self) -> Iterator[Selected]:
        """What it takes from Prometheus."""
        for node in self._nodes:
            if isinstance(node, VectorSelector):
                labels = {each.name: tuple(each.value.split("|")) for each in node.matchers.matchers}
                yield Selected(node.name or "", labels)

    def grouped_by(self) -> set[str]:
        """The labels by which it adds up and matches."""
        found: set[str] = set()
        for node in self._nodes:
            if isinstance(node, AggregateExpr) and node.modifier is not None:
                found.update(node.modifier.labels)
            if isinstance(node, BinaryExpr) and node.modifier is not None and node.modifier.matching is not None:
                found.update(node.modifier.matching.labels)
        return found
