"""How an operator's command reads from Kafka: with the job's login, and without a trace."""

from typing import Any

from settings import Settings

_QUIET = 2


def consumer_options(settings: Settings, group: str) -> dict[str, Any]:
    """The options of confluent-kafka's Consumer; the group, never joined nor committed for, is a name in brokers' logs.

    https://docs.confluent.io/platform/current/clients/librdkafka/html/md_CONFIGURATION.html
    """
    return client_options(settings) | {"group.id": group, "enable.auto.commit": False}


def client_options(settings: Settings) -> dict[str, Any]:
    """Those of any of its clients: servers, protocol, login, certificate authority."""
    options: dict[str, Any] = {
        "bootstrap.servers": str(settings.kafka_bootstrap_servers),
        "security.protocol": settings.kafka_security_protocol,
        "log_level": _QUIET,
    }
    if settings.kafka_security_protocol.startswith("SASL"):
        password = settings.kafka_sasl_password.get_secret_value() if settings.kafka_sasl_password else ""
        options["sasl.mechanism"] = settings.kafka_sasl_mechanism
        options["sasl.username"] = settings.kafka_sasl_username or ""
        options["sasl.password"] = password
    if settings.kafka_ssl_ca_location and settings.kafka_security_protocol.endswith("SSL"):
        options["ssl.ca.location"] = settings.kafka_ssl_ca_location
    return options
