"""What a job that reads Kafka is told."""

import json
from typing import Annotated, Literal

from pydantic import AfterValidator, SecretStr

from settings.frozen import Frozen, setting
from settings.hosts import refuse_misnamed
from settings.storage import Authorities
from settings.types import Names, matching

_SERVER = r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])"


def _servers(value: str) -> str:
    refuse_misnamed(each.strip().rpartition(":")[0] for each in value.split(","))
    return value


def _starting(value: str) -> str:
    if value in ("earliest", "latest"):
        return value
    try:
        topics = json.loads(value)
        is_good = all(
            int(part) >= 0 and type(at) is int and at >= -2 for each in topics.values() for part, at in each.items()
        )
    except (ValueError, AttributeError):
        is_good = False
    if not is_good:
        raise ValueError('it must be earliest, latest or {"topic":{"partition":offset}}')
    return value


Servers = Annotated[
    str,
    matching(rf"{_SERVER}(\s*,\s*{_SERVER})*", "host:port, or several with commas between"),
    AfterValidator(_servers),
]
Starting = Annotated[str, AfterValidator(_starting)]


class Kafka(Frozen):
    """The brokers, how to log in, where to begin."""

    group = "kafka"

    kafka_bootstrap_servers: Servers | None = setting(None, "brokers, as host:port,host:port")
    kafka_topics: Names = setting((), "topics, with commas between")
    kafka_starting: Starting = setting(
        "earliest", 'where the very first batch begins: earliest, latest or {"topic":{"0":23}}'
    )
    kafka_max_offsets_per_trigger: int = setting(1_000_000, "most events of one micro-batch", gt=0)
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = setting(
        "PLAINTEXT", "how to speak to the brokers: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = setting(
        "SCRAM-SHA-512", "how to log in with SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"
    )
    kafka_sasl_username: str | None = setting(None, "user at the brokers; required with SASL")
    kafka_sasl_password: SecretStr | None = setting(None, "password at the brokers; required with SASL")
    kafka_ssl_ca_location: Authorities | None = setting(None, "PEM file of the brokers' CA; default: Java's own list")
