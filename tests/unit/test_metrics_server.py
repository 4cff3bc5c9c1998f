"""The job's HTTP server: on a port or without one, it never holds the job up, and tells no secret."""

import logging
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from pydantic import SecretStr

from clock import Clock, SystemClock
from monitoring import server
from monitoring.check import Check
from monitoring.lookout import Lookout
from monitoring.sampler import Look
from monitoring.server import MetricsServer, Page
from settings import Settings
from tests.servers.ports import free_ports
from tests.servers.scrape import Endpoint
from tests.told_clock import ToldClock

PASSWORD = "of-nobody-s-business"


def settings(**more: Any) -> Settings:  # noqa: ANN401
    return Settings.model_validate({"jobname": "covid", "source": "socket", "metrics_port": 0, **more})


class Lookouts:
    """Started ones, which are stopped with the test."""

    def __init__(self, open_ones: ExitStack) -> None:
        self._open = open_ones

    def start(self, *looks: Look, clock: Clock | None = None, **more: Any) -> tuple[Lookout, Endpoint]:  # noqa: ANN401
        lookout = self._open.enter_context(Lookout(settings(**more), clock or ToldClock()))
        if looks:
            self._open.callback(lookout.look_no_more)
            lookout.look_at(looks)
        assert lookout._server is not None
        return lookout, Endpoint(f"http://127.0.0.1:{lookout._server.port}")


@pytest.fixture
def lookouts() -> Iterator[Lookouts]:
    with ExitStack() as open_ones:
        yield Lookouts(open_ones)


class Away:
    name = "mongodb"

    def look(self) -> Check:
        return Check(self.name, f"mongodb://user:{PASSWORD}@host refused " + "and so on " * 1_000)


def test_each_path_has_its_page_and_others_say_which_there_are(lookouts: Lookouts) -> None:
    _, endpoint = lookouts.start()
    metrics = endpoint.get("/metrics?name=all")
    assert metrics.status == 200
    assert metrics.content_type.startswith("text/plain; version=0.0.4")
    assert 'casestream_build_info{jobname="covid"' in metrics.text
    assert endpoint.get("/healthz") == (200, "text/plain; charset=utf-8", "alive\n")
    assert endpoint.get("/readyz").json["ready"] is False
    assert (endpoint.get("/").status, endpoint.get("/").text) == (404, "there are /metrics, /healthz and /readyz\n")
    assert endpoint.get("/metrics", method="POST").status == 501


def test_a_problem_is_told_without_secrets_and_in_bounds(lookouts: Lookouts) -> None:
    uri = SecretStr(f"mongodb://user:{PASSWORD}@host/")
    lookout, endpoint = lookouts.start(Away(), clock=SystemClock(), mongodb_uri=uri)
    lookout.signs.waiting()
    lookout.signs.progressed({"timestamp": "1", "sources": []})
    while "not looked at yet" in (got := endpoint.get("/readyz")).text:
        pass
    assert got.status == 503
    assert got.json["checks"]["query"] == "well"
    assert "refused" in got.json["checks"]["mongodb"]
    assert len(got.text) < 1_000
    assert PASSWORD not in got.text + endpoint.get("/metrics").text
    seen = endpoint.scrape()
    assert (seen.value("casestream_ready", check="query"), seen.value("casestream_ready", check="mongodb")) == (1, 0)


def test_a_job_that_hangs_is_answered_503(lookouts: Lookouts) -> None:
    lookout, endpoint = lookouts.start()
    lookout.signs.waiting()
    clock = lookout._clock
    assert isinstance(clock, ToldClock)
    clock.seconds += 500
    got = endpoint.get("/healthz")
    assert (got.status, got.text.partition(":")[0]) == (503, "no look at the query for 500 s")
    assert endpoint.scrape().value("casestream_alive") == 0


def test_without_a_port_of_its_own_a_job_takes_the_next_free_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, lookouts: Lookouts
) -> None:
    caplog.set_level(logging.INFO)
    with socket.socket() as first:
        first.bind(("127.0.0.1", 0))
        first.listen()
        port = first.getsockname()[1]
        monkeypatch.setattr(server, "FIRST_PORT", port)
        lookout, endpoint = lookouts.start(metrics_port=None)
        assert lookout._server is not None
        assert lookout._server.port in range(port + 1, port + server.PORTS)
        assert endpoint.get("/healthz").status == 200
    assert f"metrics url=http://127.0.0.1:{lookout._server.port}/metrics" in caplog.messages


def test_a_port_that_is_taken_costs_one_line_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "_AGAIN_SECONDS", 0.01)
    (port,) = free_ports(1)
    taker = socket.create_server(("127.0.0.1", port))
    waiting = MetricsServer("127.0.0.1", port, lambda path, _: Page(200, "text/plain", path.encode()))
    waiting.start()
    try:
        waiting._open()  # and again, in vain
        assert waiting.port is None
        taker.close()
        while waiting.port is None:
            assert waiting._thread.is_alive()
        assert Endpoint(f"http://127.0.0.1:{port}").get("/x").text == "/x"
    finally:
        taker.close()
        waiting.stop()
    lines = [record.message for record in caplog.records]
    assert lines == [f"no metrics for now, see METRICS_PORT address=127.0.0.1 port={port} why='[Errno 98] {TAKEN}'"]


TAKEN = "Address already in use"


def test_a_server_that_never_found_a_port_can_be_stopped_and_none_is_made_where_none_is_wanted() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taker,
        Lookout(settings(metrics_port=taker.getsockname()[1]), ToldClock()),
    ):
        pass
    with Lookout(settings(metrics_address="none"), ToldClock()) as lookout:
        assert lookout._server is None


def test_those_who_come_and_say_nothing_are_bounded_and_cost_the_others_nothing(lookouts: Lookouts) -> None:
    lookout, endpoint = lookouts.start()
    assert lookout._server is not None
    with ExitStack() as silent:
        address = ("127.0.0.1", lookout._server.port)
        made = [silent.enter_context(socket.create_connection(address)) for _ in range(server._MOST_AT_ONCE - 1)]
        assert endpoint.get("/healthz").status == 200
        more = [silent.enter_context(socket.create_connection(address)) for _ in range(8)]
        for connection in more[-4:]:  # there is no room for these: closed at once, unheard
            connection.settimeout(10)
            assert connection.recv(1) == b""
        assert len(made) == server._MOST_AT_ONCE - 1
    while True:
        try:
            assert endpoint.get("/healthz").status == 200
            break
        except OSError:
            continue
