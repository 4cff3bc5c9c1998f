"""What brokers that do not let the job in are said to do, in one sentence each, with the setting to correct.

said, reason: the words of whoever found out, Kafka's client or librdkafka, at most a line.
"""

from settings import Settings
from tls import speaks_tls

_ANSWER_SECONDS = 5.0
_SETTINGS = {
    "user": "CASESTREAM_KAFKA_SASL_USERNAME and CASESTREAM_KAFKA_SASL_PASSWORD",
    "mechanism": "--kafka-sasl-mechanism (CASESTREAM_KAFKA_SASL_MECHANISM)",
    "protocol": "--kafka-security-protocol (CASESTREAM_KAFKA_SECURITY_PROTOCOL)",
    "ca": "--kafka-ssl-ca-location (CASESTREAM_KAFKA_SSL_CA_LOCATION)",
    "servers": "--kafka-bootstrap-servers (CASESTREAM_KAFKA_BOOTSTRAP_SERVERS)",
}


def where(settings: Settings) -> str:
    """Which brokers: what each of these sentences begins with."""
    return f"Kafka at {settings.kafka_bootstrap_servers}"


def mechanism(settings: Settings, said: str) -> str:
    """They take no login of that kind there."""
    return f"{where(settings)}: {said}. Correct {_SETTINGS['mechanism']}, or {_SETTINGS['protocol']}."


def login(settings: Settings, said: str) -> str:
    """They do not know the user, or the password."""
    who = f"{settings.kafka_sasl_username} with {settings.kafka_sasl_mechanism}"
    return f"{where(settings)} refused the login of {who}: {said}. Correct {_SETTINGS['user']}."


def certificate(settings: Settings, reason: str, own_list: str) -> str:
    """Theirs is not trusted. own_list: whose authorities judge where the settings name none."""
    if "No subject alternative" in reason or "No name matching" in reason:
        return f"{where(settings)} shows a certificate of another name: {reason}. Correct {_SETTINGS['servers']}."
    judged = settings.kafka_ssl_ca_location or own_list
    return (
        f"{where(settings)} shows a certificate that {judged} does not vouch for: {reason}. Correct {_SETTINGS['ca']}."
    )


def plain_text(settings: Settings) -> str | None:
    """They speak TLS, and the job does not; None where that is not so. Connects to each of them."""
    if settings.kafka_security_protocol.endswith("SSL"):
        return None
    for server in str(settings.kafka_bootstrap_servers).split(","):
        host, _, port = server.strip().rpartition(":")
        if speaks_tls(host.strip("[]"), int(port), _ANSWER_SECONDS):
            return (
                f"Kafka at {server.strip()} speaks TLS, and the job was told to speak "
                f"{settings.kafka_security_protocol}. Correct {_SETTINGS['protocol']} to SSL or SASL_SSL."
            )
    return None


def silence(settings: Settings, said: str) -> str:
    """They take connections, and no more."""
    spoken = f"{settings.kafka_security_protocol}, as {_SETTINGS['protocol']} says"
    return f"{where(settings)} accepts connections, and does not answer who speaks {spoken}: {said}"


def absence(settings: Settings, said: str) -> str:
    """They take no connection."""
    return f"{where(settings)} is not reached: {said}. See the network, and {_SETTINGS['servers']}."
