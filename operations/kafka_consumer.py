"""How an operator's command reads from Kafka: with the job's login, and without a trace."""

from settings import Settings

_QUIET = 2


def consumer_options(settings: Settings, group: str) -> dict[str, str | int | bool]:
    """The options of confluent-kafka's Consumer; the group, never joined nor committed for, is a name in brokers' logs.

    https://docs.confluent.io/platform/current/clients/librdkafka/html/md_CONFIGURATION.html
    """
    options: dict[str, str | int | bool] = {
        "bootstrap.servers": str(settings.kafka_bootstrap_servers),
        "security.protocol": settings.kafka_security_protocol,
        "group.id": group,
        "enable.auto.commit": False,
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
