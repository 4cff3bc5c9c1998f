"""The certificate authorities that the JVM of the driver trusts: MongoDB's URI cannot name any to Java."""

from pathlib import Path
from typing import Any, cast

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from errors import CannotStart


def trust(spark: SparkSession, ca_file: str) -> None:
    """Let this JVM trust the PEM file's authorities beside Java's own, wherever it speaks TLS by Java's defaults.

    With a local master that is all; executors elsewhere are JVMs of their own (docs/deploy/tls.md). A JVM that was
    given a store by -Djavax.net.ssl.trustStore keeps it as it is. Raises CannotStart where the file holds no
    certificates. (Java 17, javax.net.ssl.SSLContext.setDefault)
    """
    jvm = cast(Any, spark.sparkContext._jvm)
    if jvm.java.lang.System.getProperty("javax.net.ssl.trustStore"):
        return
    try:
        managers = jvm.javax.net.ssl.TrustManagerFactory.getInstance("PKIX")
        managers.init(_store(jvm, Path(ca_file)))
        context = jvm.javax.net.ssl.SSLContext.getInstance("TLS")
        context.init(None, managers.getTrustManagers(), None)
        jvm.javax.net.ssl.SSLContext.setDefault(context)
    except Py4JJavaError as failure:
        reason = failure.java_exception.getMessage()
        raise CannotStart(
            f"--mongodb-ca-file (CASESTREAM_MONGODB_CA_FILE)={ca_file}: Java cannot read its certificates: {reason}"
        ) from failure


def _store(jvm: Any, ca_file: Path) -> Any:  # noqa: ANN401 - Java's objects
    """A KeyStore in memory."""
    store = jvm.java.security.KeyStore.getInstance(jvm.java.security.KeyStore.getDefaultType())
    own = Path(jvm.java.lang.System.getProperty("java.home"), "lib", "security", "cacerts")
    stream = jvm.java.io.FileInputStream(str(own)) if own.is_file() else None
    store.load(stream, None)  # no password: certificates are no secret
    if stream is not None:
        stream.close()
    reader = jvm.java.security.cert.CertificateFactory.getInstance("X.509")
    content = jvm.java.io.ByteArrayInputStream(ca_file.read_bytes())
    for number, certificate in enumerate(reader.generateCertificates(content)):
        store.setCertificateEntry(f"casestream-{number}", certificate)
    return store
