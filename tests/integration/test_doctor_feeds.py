"""`manage.py doctor` and the feeds: what it says of each that is broken, and that none of them is read."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from operations.x_stand_in.problems import UNAUTHORIZED
from processors.socket import SocketProcessor
from tests.integration.doctored import Doctor
from tests.integration.jobs import ROOT, environment
from tests.servers.jetstream import JetstreamHost, Scripted, created
from tests.servers.mastodon_api import MastodonApi
from tests.servers.peer import Peer, free_port
from tests.servers.scripted import refuse
from tests.servers.x_api import XApi

WRONG = "a-wr0ng-token"
OTHERS = [{"value": "cats", "tag": "pets"}]
OWN = [{"value": "covid19", "tag": "demo"}, {"value": "flu", "tag": "demo"}]


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    return Doctor(monkeypatch, capsys)


@pytest.fixture
def healthy(data_folder: Path, settings: dict[str, str]) -> dict[str, str]:  # noqa: ARG001 - the working folder
    """Settings of which only the source's are missing."""
    return {**settings, "jobname": "demo", "count_stale_after_days": "36500"}


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield listener.getsockname()[1]


def of_x(api: XApi, token: str | None = None, rules: str = "covid19\nmasks: face mask") -> dict[str, str]:
    given = {"source": "twitter", "twitter_bearer_token": token or api.token, "twitter_api_url": api.url}
    return {**given, "twitter_rules": rules}


def test_a_tcp_feed_that_takes_no_connection_is_a_failure(doctor: Doctor, healthy: dict[str, str]) -> None:
    told = doctor.run("--source", "socket", "--socket-port", str(free_port()), **healthy)
    told.only("socket", "Connection refused", "--socket-port (CASESTREAM_SOCKET_PORT)", "manage.py feed")


class OwnSource(SocketProcessor):
    """A source of somebody's own, as `docs/add-a-source.md` has one."""

    requires = ("source_url",)
    receiver = "receivers.socket:SocketReceiver"


def test_the_address_of_a_source_of_one_s_own_is_tried_as_far_as_it_is_known(
    doctor: Doctor, healthy: dict[str, str], silent: int
) -> None:
    source = ("--source", f"{__name__}:OwnSource", "--socket-port", str(silent), "--source-url")
    told = doctor.run(*source, f"https://127.0.0.1:{silent}/posts?token={WRONG}", **healthy, secrets=WRONG)
    assert f"127.0.0.1:{silent} takes a connection" in told.line("source url")
    away = free_port()
    told = doctor.run(*source, f"http://127.0.0.1:{away}/posts", **healthy)
    told.only("source url", f"127.0.0.1:{away}: Connection refused", "--source-url (CASESTREAM_SOURCE_URL)")
    told = doctor.run(*source, "amqp://127.0.0.1/posts", **healthy)
    assert "which port amqp: has is not known" in told.line("source url")
    told = doctor.run("--source", "socket", "--socket-port", str(silent), **healthy)
    assert "the source socket does not ask for one" in told.line("source url")


def test_x_is_asked_for_its_rules_only_and_they_stay(doctor: Doctor, healthy: dict[str, str]) -> None:
    with XApi(rules=OWN) as api:
        told = doctor.run(**healthy, **of_x(api), secrets=(api.token,))
        assert told.code == 0
        assert "takes the token, and the rules; a start adds 1 rules and removes 1, 1 stay" in told.line("twitter")
        assert [(rule["value"], rule["tag"]) for rule in api.rules] == [("covid19", "demo"), ("flu", "demo")]
        assert (api.stream_requests, api.connections) == ([], 0)


def test_a_token_that_x_does_not_know_and_a_rule_that_it_refuses_are_failures(
    doctor: Doctor, healthy: dict[str, str]
) -> None:
    with XApi() as api:
        told = doctor.run(**healthy, **of_x(api, token=WRONG), secrets=(WRONG,))
        told.only("twitter", UNAUTHORIZED["title"], "X does not know CASESTREAM_TWITTER_BEARER_TOKEN")
        told = doctor.run(**healthy, **of_x(api, rules="covid19\n(masks"))
        told.only("twitter", "(masks", "brackets of this rule are not balanced", "CASESTREAM_TWITTER_RULES; correct")
        assert api.rules == []


def test_rules_of_others_are_a_warning_and_x_away_a_failure(doctor: Doctor, healthy: dict[str, str]) -> None:
    with XApi(rules=[*OTHERS]) as api:
        doctor.run(**healthy, **of_x(api)).only_warned("twitter", "1 other rules", "an app of its own at X")
        api.refuse_next(503, b"not now", of="rules")
        doctor.run(**healthy, **of_x(api)).only("twitter", "HTTP 503: not now", "--twitter-api-url")


def test_jetstream_is_asked_to_send_nothing(doctor: Doctor, healthy: dict[str, str]) -> None:
    with JetstreamHost() as host:
        host.log.publish(created(1))
        told = doctor.run("--source", "bluesky", **healthy, bluesky_url=host.url)
        assert told.code == 0
        assert "1 of 1 hosts answer" in told.line("bluesky")
        assert len(host.subscriptions) == 1
    asked: list[bytes] = []
    with Peer(lambda connection: asked.append(connection.recv(65_536))) as peer:
        assert doctor.run("--source", "bluesky", **healthy, bluesky_url=f"ws://127.0.0.1:{peer.port}").code == 1
    assert b"requireHello=true" in asked[0].split(b"\r\n")[0]


def test_one_host_of_jetstream_away_is_a_warning_and_all_of_them_a_failure(
    doctor: Doctor, healthy: dict[str, str]
) -> None:
    away = f"ws://127.0.0.1:{free_port()}"
    with JetstreamHost(Scripted(refused={1: HTTPStatus.FORBIDDEN})) as host:
        told = doctor.run("--source", "bluesky", **healthy, bluesky_url=f"{host.url},{away}")
        told.only_warned("bluesky", "1 of 2 hosts answer", away.removeprefix("ws://"))
        told = doctor.run("--source", "bluesky", **healthy, bluesky_url=f"{host.url},{away}")
        told.only("bluesky", "0 of 2 hosts answer", "HTTP 403: not now", "--bluesky-url (CASESTREAM_BLUESKY_URL)")


def test_an_instance_that_knows_the_token_is_well_and_no_stream_of_it_is_opened(
    doctor: Doctor, healthy: dict[str, str]
) -> None:
    with MastodonApi() as api:
        told = doctor.run("--source", "mastodon", **healthy, **api.settings, secrets=(api.token,))
        assert told.code == 0
        assert "knows the token, and lets it read" in told.line("mastodon")
        assert api.page_requests
        assert api.stream_requests == []


def test_a_token_that_the_instance_does_not_know_or_does_not_let_read_is_a_failure(
    doctor: Doctor, healthy: dict[str, str]
) -> None:
    with MastodonApi() as api:
        wrong = {**api.settings, "mastodon_token": WRONG}
        told = doctor.run("--source", "mastodon", **healthy, **wrong, secrets=(WRONG,))
        told.only("mastodon", "The access token is invalid", "does not know CASESTREAM_MASTODON_TOKEN")
    # Too narrow for the first question on an older Mastodon is no fault; for the second it is.
    outside = refuse(403, {"error": "This action is outside the authorized scopes"})
    with MastodonApi(refusals=[outside]) as api:
        assert doctor.run("--source", "mastodon", **healthy, **api.settings).code == 0
    with MastodonApi(refusals=[outside, outside]) as api:
        told = doctor.run("--source", "mastodon", **healthy, **api.settings)
        told.only("mastodon", "outside the authorized scopes", "CASESTREAM_MASTODON_TOKEN may not do this")


def test_an_instance_that_does_not_end_its_answer_is_not_listened_to_for_ever(
    doctor: Doctor, healthy: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("receivers.mastodon_api.instance._LONGEST_PAGE", 1_000_000)
    head, cut_off = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", Event()

    def endless(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(head + b"\r\n")
        try:
            while True:
                connection.sendall(b" " * 100_000)
        except ConnectionError:
            cut_off.set()

    def no_posts(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(head + b"Content-Length: 2\r\n\r\n[]")

    with Peer(endless, no_posts) as peer:
        given = {"mastodon_url": f"http://127.0.0.1:{peer.port}", "mastodon_token": "a-token"}
        told = doctor.run("--source", "mastodon", **healthy, **given)
    assert cut_off.is_set()
    assert "knows the token, and lets it read" in told.line("mastodon")


def test_an_instance_that_is_away_is_a_failure(doctor: Doctor, healthy: dict[str, str]) -> None:
    away = {"mastodon_url": f"http://127.0.0.1:{free_port()}", "mastodon_token": WRONG}
    told = doctor.run("--source", "mastodon", **healthy, **away, secrets=(WRONG,))
    told.only("mastodon", "the connection broke", "--mastodon-url (CASESTREAM_MASTODON_URL)")


def test_a_folder_of_files_is_there_or_a_failure(doctor: Doctor, healthy: dict[str, str], data_folder: Path) -> None:
    folder = data_folder / "archive"
    told = doctor.run("--source", "files", "--files-folder", str(folder), **healthy)
    told.only("files", f"there is no folder file://{folder}", "--files-folder (CASESTREAM_FILES_FOLDER)")
    folder.mkdir()
    (folder / "posts.txt").write_text("a post\n")
    told = doctor.run("--source", "files", "--files-folder", str(folder), **healthy)
    assert told.code == 0
    assert "1 files at its top" in told.line("files")
    folder.rename(data_folder / "moved")
    folder.touch()
    told = doctor.run("--source", "files", "--files-folder", str(folder), **healthy)
    told.only("files", "is no folder", "--files-folder")


def all_at(port: int) -> dict[str, str]:
    """Settings by which everything is asked at that port."""
    return {
        "mongodb_uri": f"mongodb://127.0.0.1:{port}",
        "count_url": f"http://127.0.0.1:{port}/",
        "kafka_bootstrap_servers": f"127.0.0.1:{port}",
        "kafka_topics": "posts",
        "twitter_api_url": f"http://127.0.0.1:{port}",
        "twitter_bearer_token": "a-token",
        "bluesky_url": f"ws://127.0.0.1:{port}",
        "mastodon_url": f"http://127.0.0.1:{port}",
        "mastodon_token": "a-token",
    }


def test_a_broker_of_no_such_name_is_not_reached_and_one_that_is_silent_is_told_from_it(
    doctor: Doctor, healthy: dict[str, str], silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.checks.kafka._ANSWER_SECONDS", 0.6)
    monkeypatch.setattr("processors.kafka_refusals._ANSWER_SECONDS", 0.1)
    given = {**healthy, "source": "kafka", "kafka_topics": "posts"}
    no_name = f"{'.'.join(['x' * 60] * 5)}:9092"  # longer than DNS allows: nobody is asked for it
    told = doctor.run(**{**given, "kafka_bootstrap_servers": no_name})
    told.only("kafka", f"Kafka at {no_name} is not reached", "Failed to resolve", "--kafka-bootstrap-servers")
    told = doctor.run(**{**given, "kafka_bootstrap_servers": f"127.0.0.1:{silent}"})
    told.only("kafka", "accepts connections, and does not answer", "To do: see that a broker listens there")


@pytest.mark.parametrize("source", ["kafka", "twitter", "bluesky", "mastodon"])
def test_servers_that_take_connections_and_never_answer_cost_the_time_that_was_given_and_no_other_check(
    doctor: Doctor, healthy: dict[str, str], silent: int, source: str
) -> None:
    began = monotonic()
    told = doctor.run("--source", source, "--timeout", "1", **{**healthy, **all_at(silent)})
    assert monotonic() - began < 5
    assert told.code == 1
    assert told.marked("failed") == ["mongodb", source, "case count"]
    assert {"settings", "java", "spark", "checkpoint"} <= set(told.marked("ok"))


def test_the_process_too_ends_when_the_time_is_up(healthy: dict[str, str], silent: int, data_folder: Path) -> None:
    given = {**healthy, **all_at(silent), "source": "kafka"}
    command = [sys.executable, str(ROOT / "manage.py"), "doctor", "--timeout", "1"]
    began = monotonic()
    done = subprocess.run(
        command, cwd=data_folder, env=environment(given), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "✗ mongodb" in done.stdout
    assert "3 of " in done.stderr
    assert monotonic() - began < 20, os.getloadavg()
