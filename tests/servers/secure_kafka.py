"""The Kafka broker of the tests with doors that ask for TLS and a login, beside the open one."""

from pathlib import Path

from tests.servers.certificates import Certificates, make_certificates
from tests.servers.kafka import KafkaBroker
from tests.servers.ports import free_ports

USER, PASSWORD = "app", 'p"ss, w\\rd=1'
"""The user, whatever the mechanism. The password has what JAAS, URIs and shells take for signs of their own."""
SCRAM_PASSWORD = "scram-s3cret"
"""The same user's with SCRAM: the tool that stores it splits its argument at such signs."""

_PROPERTIES = """
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},SSL://127.0.0.1:{ssl},SASL_SSL://127.0.0.1:{login}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SSL://127.0.0.1:{ssl},SASL_SSL://127.0.0.1:{login}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.location={keys}
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
user_{user}="{password}";
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
"""


class SecureKafkaBroker(KafkaBroker):
    """`bootstrap` asks for nothing, `ssl` for TLS, `sasl_ssl` for TLS and the login of `USER`."""

    def __init__(self, work: Path) -> None:
        """`work`: settings, data, logs and certificates."""
        super().__init__(work)
        ssl, login = free_ports(2)
        self.ssl, self.sasl_ssl = f"127.0.0.1:{ssl}", f"127.0.0.1:{login}"
        self.certificates: Certificates = make_certificates(work / "certificates")
        in_jaas = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
        self._properties += _PROPERTIES.format(
            port=self.port,
            controller=self.controller_port,
            ssl=ssl,
            login=login,
            keys=self.certificates.both,
            user=USER,
            password=in_jaas.replace("\\", "\\\\"),
        )
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
            self._format += ("--add-scram", f"{mechanism}=[name={USER},password={SCRAM_PASSWORD}]")
