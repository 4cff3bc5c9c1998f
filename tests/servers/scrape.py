"""What Prometheus, or who watches a process, sees of a job's HTTP server."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families

_SECONDS = 5


class Got(NamedTuple):
    """An answer."""

    status: int
    content_type: str
    text: str

    @property
    def json(self) -> dict[str, Any]:
        """The body of one that is JSON."""
        return dict(json.loads(self.text))


class Scraped:
    """The samples of one scrape."""

    def __init__(self, text: str) -> None:
        self.samples = [each for family in text_string_to_metric_families(text) for each in family.samples]

    def value(self, name: str, **labels: str) -> float:
        """Of the one series of that name and these labels, others beside them."""
        (found,) = self.by(name, **labels)
        return found

    def by(self, name: str, **labels: str) -> list[float]:
        """Of all series of that name and these labels."""
        of_name = [each for each in self.samples if each.name == name]
        return [each.value for each in of_name if labels.items() <= each.labels.items()]


class Endpoint:
    """The server of that address, `http://host:port`, whatever stands behind it."""

    def __init__(self, url: str) -> None:
        self._host, self._port = urlsplit(url).hostname or "", urlsplit(url).port

    def get(self, path: str, method: str = "GET") -> Got:
        """Ask for a path."""
        with self._asked(method, path) as answer:
            return Got(answer.status, answer.headers["Content-Type"], answer.read().decode())

    def scrape(self) -> Scraped:
        """As Prometheus does."""
        got = self.get("/metrics")
        assert got.status == 200
        return Scraped(got.text)

    @contextmanager
    def _asked(self, method: str, path: str) -> Iterator[HTTPResponse]:
        connection = HTTPConnection(self._host, self._port, timeout=_SECONDS)
        try:
            connection.request(method, path)
            yield connection.getresponse()
        finally:
            connection.close()
