"""Whether the brokers let the job in, asked before the query starts: Spark itself would ask for minutes on end."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from py4j.java_gateway import JavaClass
from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from errors import CannotStart
from processors import kafka_refusals as refusals
from settings import Settings

_ANSWER_MILLISECONDS = 5_000
_NETWORK = "Remote host terminated the handshake"  # the connection broke: no certificate was judged


def no_answer(spark: SparkSession, settings: Settings, connection: Mapping[str, str]) -> str | None:
    """Why the brokers, which accept connections, do not answer; None when they do. connection: `kafka.` options.

    Asked with Kafka's own client in the JVM (AdminClient.describeCluster), as Spark asks: the same TLS, the same list
    of authorities; in 5 s at most. Raises CannotStart where waiting does not help: login, certificate or protocol is
    wrong.
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
    if names & {"UnsupportedSaslMechanismException", "IllegalSaslStateException"}:
        raise CannotStart(refusals.mechanism(settings, message))
    if "SaslAuthenticationException" in names:
        raise CannotStart(refusals.login(settings, message))
    if names & {"SslAuthenticationException", "InvalidConfigurationException"} and _NETWORK not in causes[-1][1]:
        raise CannotStart(refusals.certificate(settings, causes[-1][1], "Java's own list of authorities"))
    if "AuthorizationException" in kind:
        raise CannotStart(
            f"{refusals.where(settings)} let the job in and gives it no rights: {message}. Correct the user's rights."
        )
    if (plain_text := refusals.plain_text(settings)) is not None:
        raise CannotStart(plain_text)
    return refusals.silence(settings, f"{kind}: {message}")


def _causes(failure: Py4JJavaError) -> Iterator[tuple[str, str]]:
    cause = failure.java_exception
    while cause is not None:
        yield str(cause.getClass().getSimpleName()), str(cause.getMessage()).rstrip(".")
        cause = cause.getCause()
