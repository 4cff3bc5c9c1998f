"""Posts from Kafka topics, by spark-sql-kafka (https://spark.apache.org/docs/3.5.7/structured-streaming-kafka-integration.html)."""

import json
import socket
from collections.abc import Mapping
from typing import Any, ClassVar

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from processors.base import StreamProcessor
from processors.events import post_or_problem
from processors.kafka_login import no_answer
from settings import Settings

_CONNECT_SECONDS = 5
_ANSWER_MILLISECONDS = 30_000  # Kafka's own is twice that, and Spark asks three times: minutes without a word


class KafkaProcessor(StreamProcessor):
    """Replayable as long as the topic keeps the events; lost offsets end the job (`failOnDataLoss`), never skipped.

    A message is one event; its key is not read, its headers are kept with a dead letter, a tombstone is counted.
    """

    requires: ClassVar[tuple[str, ...]] = ("kafka_bootstrap_servers", "kafka_topics")

    def read_stream(self) -> DataFrame:
        """`value`; as origin `topic/partition/offset`; as received_at the message's own timestamp; `headers`.

        A timestamp that cannot be, outside 1970 to 2100, becomes the trigger's.
        """
        messages = self.spark.readStream.format("kafka").options(**self._options()).load()
        return messages.select(
            "value",
            F.concat_ws("/", "topic", F.col("partition").cast("string"), F.col("offset").cast("string")).alias(
                "origin"
            ),
            # A producer may claim any time; the trigger's own, which a replay has too, takes the place of a mad one.
            F.when(F.year("timestamp").between(1970, 2100), F.col("timestamp"))
            .otherwise(_time_of_trigger())
            .alias("received_at"),
            "headers",
        )

    def process(self, event: Column) -> Column:
        """Text or JSON, see `events.post_or_problem`."""
        return post_or_problem(event)

    def offsets(self, batch_id: int) -> tuple[Mapping[str, Any], ...]:
        """An object for each partition: topic, partition, from, until (exclusive); the last three are whole numbers.

        Raises OSError where the checkpoint cannot be read.
        """
        until = self.offset_log.end(batch_id)
        since = self.offset_log.end(batch_id - 1) if batch_id else self.offset_log.beginning()
        return tuple(
            {
                "topic": topic,
                "partition": int(partition),
                "from": since.get(topic, {}).get(partition, 0),
                "until": offset,
            }
            for topic, partitions in sorted(until.items())
            for partition, offset in sorted(partitions.items(), key=lambda item: int(item[0]))
        )

    def unreachable(self) -> str | None:
        """Why no bootstrap server accepts a connection, or none answers. Raises CannotStart where one refuses."""
        problems = []
        for server in str(self.settings.kafka_bootstrap_servers).split(","):
            host, _, port = server.strip().rpartition(":")
            try:
                socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS).close()
            except OSError as error:
                problems.append(f"Kafka at {server}: {error}")
            else:
                return no_answer(self.spark, self.settings, connection(self.settings))
        return "; ".join(problems)

    def _starting(self) -> str:
        """Spark asks for this only with a fresh checkpoint."""
        if not self.parts.stored_offsets:
            return self.settings.kafka_starting
        starting: dict[str, dict[str, int]] = {}
        for stored in self.parts.stored_offsets:
            starting.setdefault(stored["topic"], {})[str(stored["partition"])] = stored["until"]
        return json.dumps(starting)

    def _options(self) -> dict[str, str]:
        return {
            "subscribe": ",".join(self.settings.kafka_topics),
            "startingOffsets": self._starting(),
            "maxOffsetsPerTrigger": str(self.settings.kafka_max_offsets_per_trigger),
            "failOnDataLoss": "true",
            "includeHeaders": "true",
            "fetchOffset.numRetries": "1",
            "kafka.default.api.timeout.ms": str(_ANSWER_MILLISECONDS),
            "kafka.isolation.level": "read_committed",
        } | connection(self.settings)


def _time_of_trigger() -> Column:
    """In a lambda, which Spark interprets: in Java the time would be a constant, and each batch compiled anew."""
    return F.transform(F.array(F.lit(0)), lambda _: F.current_timestamp())[0]


def connection(settings: Settings) -> dict[str, str]:
    """The `kafka.` options that reach the brokers: servers, protocol, login (secrets in it), certificate authority.

    https://spark.apache.org/docs/3.5.7/structured-streaming-kafka-integration.html#kafka-specific-configurations
    """
    options = {
        "kafka.bootstrap.servers": str(settings.kafka_bootstrap_servers),
        "kafka.security.protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_security_protocol.startswith("SASL"):
        options["kafka.sasl.mechanism"] = settings.kafka_sasl_mechanism
        options["kafka.sasl.jaas.config"] = _login(settings)
    if settings.kafka_ssl_ca_location and settings.kafka_security_protocol.endswith("SSL"):
        options["kafka.ssl.truststore.type"] = "PEM"
        options["kafka.ssl.truststore.location"] = settings.kafka_ssl_ca_location
    return options


def _login(settings: Settings) -> str:
    module = "plain.PlainLoginModule" if settings.kafka_sasl_mechanism == "PLAIN" else "scram.ScramLoginModule"
    password = settings.kafka_sasl_password.get_secret_value() if settings.kafka_sasl_password else ""
    return (
        f"org.apache.kafka.common.security.{module} required "
        f"username={_quoted(settings.kafka_sasl_username or '')} password={_quoted(password)};"
    )


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
