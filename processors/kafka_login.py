"""Whether the brokers let the job in, asked before the query starts: Spark itself would ask for minutes on end."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from py4j.java_gateway import JavaClass
from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from errors import CannotStart
from settings import Settings
from tls import speaks_tls

_ANSWER_MILLISECONDS = 5_000
_NETWORK = "Remote host terminated the handshake"  # the connection broke: no certificate was judged
_SETTINGS = {
    "user": "CASESTREAM_KAFKA_SASL_USERNAME and CASESTREAM_KAFKA_SASL_PASSWORD",
    "mechanism": "--kafka-sasl-mechanism (CASESTREAM_KAFKA_SASL_MECHANISM)",
    "protocol": "--kafka-security-protocol (CASESTREAM_KAFKA_SECURITY_PROTOCOL)",
    "ca": "--kafka-ssl-ca-location (CASESTREAM_KAFKA_SSL_CA_LOCATION)",
    "servers": "--kafka-bootstrap-servers (CASESTREAM_KAFKA_BOOTSTRAP_SERVERS)",
}


def no_answer(spark: SparkSession, settings: Settings, connection: Mapping[str, str]) -> str | None:
    """Why the brokers, which accept connections, do not answer; None when they do. connection: `kafka.` options.

    Asked with Kafka's own client in the JVM, as Spark asks: the same TLS, the same list of authorities. Raises
    CannotStart where waiting does not help: login, certificate or protocol are wrong.
    """
    jvm = cast(Any, spark.sparkContext._jvm)
    client = jvm.org.apache.kafka.clients.admin.AdminClient
    if not isinstance(client, JavaClass):
        return None  # no such jar: Spark says which one is missing
    options = jvm.java.util.Properties()
    for name, value in connection.items():
        options.setProperty(name.removeprefix("kafka."), value)
    for name in ("request.timeout.ms", "default.api.timeout.ms"):
        options.setProperty(name, str(_ANSWER_MILLISECONDS))
    try:
        admin = client.create(options)
        try:
            admin.describeCluster().nodes().get()
        finally:
            admin.close(jvm.java.time.Duration.ZERO)
    except Py4JJavaError as failure:
        return _explained(list(_causes(failure)), settings)
    return None


def _explained(causes: list[tuple[str, str]], settings: Settings) -> str:
    """The failure as a reason to wait. causes: class and message, outermost first. Raises CannotStart."""
    names = {name for name, _ in causes}
    kind, message = next((each for each in causes[1:] if each[0] != "ExecutionException"), causes[0])
    where = f"Kafka at {settings.kafka_bootstrap_servers}"
    if names & {"UnsupportedSaslMechanismException", "IllegalSaslStateException"}:
        raise CannotStart(f"{where}: {message}. Correct {_SETTINGS['mechanism']}, or {_SETTINGS['protocol']}.")
    if "SaslAuthenticationException" in names:
        login = f"{settings.kafka_sasl_username} with {settings.kafka_sasl_mechanism}"
        raise CannotStart(f"{where} refused the login of {login}: {message}. Correct {_SETTINGS['user']}.")
    if names & {"SslAuthenticationException", "InvalidConfigurationException"} and _NETWORK not in causes[-1][1]:
        raise CannotStart(_distrusted(where, causes[-1][1], settings))
    if "AuthorizationException" in kind:
        raise CannotStart(f"{where} let the job in and gives it no rights: {message}. Correct the user's rights.")
    if not settings.kafka_security_protocol.endswith("SSL") and (server := _tls_server(settings)):
        raise CannotStart(
            f"Kafka at {server} speaks TLS, and the job was told to speak {settings.kafka_security_protocol}. "
            f"Correct {_SETTINGS['protocol']} to SSL or SASL_SSL."
        )
    spoken = f"{settings.kafka_security_protocol}, as {_SETTINGS['protocol']} says"
    return f"{where} accepts connections, and does not answer who speaks {spoken}: {kind}: {message}"


def _distrusted(where: str, reason: str, settings: Settings) -> str:
    judged = settings.kafka_ssl_ca_location or "Java's own list of authorities"
    if "No subject alternative" in reason or "No name matching" in reason:
        return f"{where} shows a certificate of another name: {reason}. Correct {_SETTINGS['servers']}."
    return f"{where} shows a certificate that {judged} does not vouch for: {reason}. Correct {_SETTINGS['ca']}."


def _tls_server(settings: Settings) -> str | None:
    """The first of the servers that speaks TLS."""
    for server in str(settings.kafka_bootstrap_servers).split(","):
        host, _, port = server.strip().rpartition(":")
        if speaks_tls(host.strip("[]"), int(port), _ANSWER_MILLISECONDS / 1000):
            return server.strip()
    return None


def _causes(failure: Py4JJavaError) -> Iterator[tuple[str, str]]:
    cause = failure.java_exception
    while cause is not None:
        yield str(cause.getClass().getSimpleName()), str(cause.getMessage()).rstrip(".")
        cause = cause.getCause()
