"""How the settings reach the brokers: every option that Kafka's client needs, and no other."""

from pathlib import Path
from typing import Any

import pytest

from processors.kafka import connection
from settings import Settings
from tests.servers.certificates import make_certificates


@pytest.fixture
def authorities(tmp_path: Path) -> str:
    """A file of certificates."""
    return str(make_certificates(tmp_path).ca)


def options(**given: Any) -> dict[str, str]:  # noqa: ANN401
    return connection(Settings(jobname="j", source="kafka", kafka_bootstrap_servers="a:1,b:2", **given))


def test_without_security_only_the_servers_and_the_protocol_are_passed() -> None:
    assert options() == {"kafka.bootstrap.servers": "a:1,b:2", "kafka.security.protocol": "PLAINTEXT"}


def test_a_login_over_tls_is_passed_with_its_mechanism_and_the_ca(authorities: str) -> None:
    passed = options(
        kafka_security_protocol="SASL_SSL",
        kafka_sasl_username="app",
        kafka_sasl_password="secret",
        kafka_ssl_ca_location=authorities,
    )
    assert passed["kafka.security.protocol"] == "SASL_SSL"
    assert passed["kafka.sasl.mechanism"] == "SCRAM-SHA-512"
    assert passed["kafka.sasl.jaas.config"] == (
        'org.apache.kafka.common.security.scram.ScramLoginModule required username="app" password="secret";'
    )
    assert (passed["kafka.ssl.truststore.type"], passed["kafka.ssl.truststore.location"]) == ("PEM", authorities)


def test_plain_logins_have_their_own_module(authorities: str) -> None:
    passed = options(
        kafka_security_protocol="SASL_PLAINTEXT",
        kafka_sasl_mechanism="PLAIN",
        kafka_sasl_username="app",
        kafka_sasl_password="secret",
        kafka_ssl_ca_location=authorities,
    )
    assert "plain.PlainLoginModule" in passed["kafka.sasl.jaas.config"]
    assert "kafka.ssl.truststore.location" not in passed


def test_quotes_and_backslashes_in_a_password_stay_inside_it() -> None:
    passed = options(kafka_security_protocol="SASL_SSL", kafka_sasl_username='a"b', kafka_sasl_password='p"; x="\\')
    assert passed["kafka.sasl.jaas.config"].endswith('username="a\\"b" password="p\\"; x=\\"\\\\";')
