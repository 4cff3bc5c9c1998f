"""Kafka with TLS and logins: a real broker, and what the job says where the two do not fit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from errors import CannotStart
from operations.integrity.topics import topic_offsets
from processors.kafka import connection
from processors.kafka_login import no_answer
from settings import Settings
from tests.conftest import Documents
from tests.integration.jobs import message, run
from tests.integration.stored import posts
from tests.servers.certificates import make_certificates
from tests.servers.secure_kafka import PASSWORD, SCRAM_PASSWORD, USER, SecureKafkaBroker

JOB = ("--jobname", "demo", "--source", "kafka", "--available-now")
WRONG = "wr0ng-s3cret"


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafkaBroker]:
    """A broker with open doors, doors with TLS, and doors with TLS and a login."""
    with SecureKafkaBroker(tmp_path_factory.mktemp("secured")) as broker:
        broker.create_topic("posts")
        yield broker


@pytest.fixture
def right(secured: SecureKafkaBroker) -> dict[str, str]:
    """Settings that the broker's door with TLS and a login takes."""
    return {
        "kafka_bootstrap_servers": secured.sasl_ssl,
        "kafka_topics": "posts",
        "kafka_security_protocol": "SASL_SSL",
        "kafka_sasl_username": USER,
        "kafka_sasl_password": SCRAM_PASSWORD,
        "kafka_ssl_ca_location": str(secured.certificates.ca),
    }


@pytest.fixture
def mistakes(tmp_path: Path, secured: SecureKafkaBroker) -> dict[str, dict[str, str]]:
    """What to set wrong, by its name."""
    return {
        "password": {"kafka_sasl_password": WRONG},
        "plain password": {"kafka_sasl_mechanism": "PLAIN", "kafka_sasl_password": WRONG},
        "authority": {"kafka_ssl_ca_location": str(make_certificates(tmp_path / "other").ca)},
        "Java's authorities": {"kafka_ssl_ca_location": ""},
        "plain text": {"kafka_security_protocol": "PLAINTEXT"},
        "plain text login": {"kafka_security_protocol": "SASL_PLAINTEXT"},
        "no login there": {"kafka_security_protocol": "SASL_PLAINTEXT", "kafka_bootstrap_servers": secured.bootstrap},
    }


def probe(spark: SparkSession, given: dict[str, str]) -> str | None:
    """What the job would hear from the broker before its query starts."""
    values: dict[str, Any] = {name: value for name, value in given.items() if value}
    settings = Settings(jobname="j", source="kafka", **values)
    return no_answer(spark, settings, connection(settings))


REFUSALS = {
    "password": ("refused the login of app with SCRAM-SHA-512", "CASESTREAM_KAFKA_SASL_PASSWORD"),
    "plain password": ("refused the login of app with PLAIN", "CASESTREAM_KAFKA_SASL_PASSWORD"),
    "authority": ("ca.pem does not vouch for", "--kafka-ssl-ca-location"),
    "Java's authorities": ("Java's own list of authorities does not vouch for", "--kafka-ssl-ca-location"),
    "plain text": ("speaks TLS, and the job was told to speak PLAINTEXT", "--kafka-security-protocol"),
    "plain text login": ("speaks TLS, and the job was told to speak SASL_PLAINTEXT", "--kafka-security-protocol"),
    "no login there": ("Unexpected handshake request", "--kafka-security-protocol"),
}


def test_each_way_to_log_in_is_let_in(spark: SparkSession, secured: SecureKafkaBroker, right: dict[str, str]) -> None:
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
        assert probe(spark, {**right, "kafka_sasl_mechanism": mechanism}) is None
    assert probe(spark, {**right, "kafka_sasl_mechanism": "PLAIN", "kafka_sasl_password": PASSWORD}) is None
    tls_only = {"kafka_bootstrap_servers": secured.ssl, "kafka_security_protocol": "SSL"}
    assert probe(spark, {**right, **tls_only}) is None


@pytest.mark.parametrize("mistake", REFUSALS)
def test_a_broker_that_refuses_is_no_start_at_once_and_the_setting_to_correct_is_named(
    spark: SparkSession, right: dict[str, str], mistakes: dict[str, dict[str, str]], mistake: str
) -> None:
    given = {**right, **mistakes[mistake]}
    with pytest.raises(CannotStart) as raised:
        probe(spark, given)
    said = str(raised.value)
    for piece in (*REFUSALS[mistake], given["kafka_bootstrap_servers"]):
        assert piece in said
    assert "\n" not in said
    assert WRONG not in said


def test_a_door_that_asks_for_a_login_is_waited_for_and_the_protocol_is_named(
    spark: SparkSession, right: dict[str, str]
) -> None:
    why = probe(spark, {**right, "kafka_security_protocol": "SSL"})
    assert why is not None
    assert "does not answer who speaks SSL, as --kafka-security-protocol" in why


def test_events_of_a_topic_behind_tls_and_a_login_are_stored(
    data_folder: Path, settings: dict[str, str], database: Documents, secured: SecureKafkaBroker, right: dict[str, str]
) -> None:
    secured.produce("posts", [b"one", b"two"])
    code, errors = run(data_folder, *JOB, **settings, **right)
    assert code == 0, errors
    assert sorted(post["text"] for post in posts(database)) == ["one", "two"]
    everything = "\n".join([*errors, (data_folder / ".data/demo/spark.log").read_text()])
    assert SCRAM_PASSWORD not in everything
    # As manage.py verify asks.
    reached = Settings.model_validate({"jobname": "j", "source": "kafka", **right})
    assert topic_offsets(reached, ["posts"]) == {("posts", 0): (0, 2)}


@pytest.mark.slow
def test_a_job_that_the_broker_refuses_ends_with_code_3_and_one_line(
    data_folder: Path, settings: dict[str, str], right: dict[str, str], mistakes: dict[str, dict[str, str]]
) -> None:
    code, errors = run(data_folder, *JOB, **settings, **{**right, **mistakes["password"]})
    assert code == 3
    assert [line for line in errors if "ended by an error" in message(line)] == errors[-1:]
    assert all(piece in message(errors[-1]) for piece in REFUSALS["password"])
    assert not any("Traceback" in line for line in errors)
    assert not any(secret in line for line in errors for secret in (WRONG, SCRAM_PASSWORD))


def test_a_file_of_authorities_that_is_not_there_is_a_mistake_in_the_settings(
    data_folder: Path, settings: dict[str, str], right: dict[str, str]
) -> None:
    code, errors = run(data_folder, *JOB, **settings, **{**right, "kafka_ssl_ca_location": "/nowhere/ca.pem"})
    assert code == 2
    (line,) = errors
    assert "--kafka-ssl-ca-location (CASESTREAM_KAFKA_SSL_CA_LOCATION)=/nowhere/ca.pem: it must be" in message(line)
