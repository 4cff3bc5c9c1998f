"""Hosts that no network knows, told by the setting that names them."""

from typing import Any

import pytest
from pydantic import ValidationError

from command_line.mistakes import wrong
from settings import Settings

LONG = "x" * 64


def told(**given: Any) -> list[str]:  # noqa: ANN401 - whatever a setting is
    try:
        Settings.model_validate({"jobname": "a", "source": "socket", **given})
    except ValidationError as errors:
        return wrong(errors, given)
    return []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("socket_host", "a..b"),
        ("kafka_bootstrap_servers", f"good:9092, {LONG}.example:9092"),
        ("bluesky_url", "wss://good,wss://a..b/subscribe"),
        ("twitter_api_url", "https://.example"),
        ("mastodon_url", "https://me@a..b:8443/path"),
        ("source_url", "http://:80/"),
        ("count_url", "http://[::1/"),
        ("mongodb_uri", "mongodb://me:hunter2@good,a..b:27017/?tls=true"),
        ("mongodb_uri", f"mongodb+srv://me:hunter2@{LONG}.example/"),
    ],
)
def test_a_host_whose_name_has_an_empty_or_an_endless_part_is_a_mistake(name: str, value: str) -> None:
    (line,) = told(**{name: value})
    assert f"CASESTREAM_{name.upper()}" in line
    assert line.endswith("each part of a host's name, between its dots, must have 1 to 63 letters")
    assert "hunter2" not in line


@pytest.mark.parametrize("name", ["bluesky_url", "twitter_api_url", "source_url", "count_url"])
def test_a_port_that_there_cannot_be_is_a_mistake(name: str) -> None:
    scheme = "ws" if name == "bluesky_url" else "https"
    (line,) = told(**{name: f"{scheme}://host:99999/path"})
    assert line.endswith("its port must be a number up to 65535")


def test_names_and_addresses_of_hosts_are_none() -> None:
    assert told() == []
    hosts = {"socket_host": "::1", "kafka_bootstrap_servers": "[::1]:9092,a-b.example.:1"}
    urls = {"mongodb_uri": "mongodb://[::1]:27017,10.0.0.1/?no=option", "mastodon_url": "https://münchen.example"}
    assert told(**hosts, **urls, count_provider="file", count_url="/srv/count") == []
    assert told(count_url="file:///srv/count", mongodb_uri="mongodb+srv://me:pw@cluster.example/") == []
