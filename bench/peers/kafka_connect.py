"""(c) Kafka Connect, standalone, with MongoDB's own sink connector: one document for each event, whole and not cleaned.

https://www.mongodb.com/docs/kafka-connector/current/sink-connector/. JAVA and CONNECT_JARS name the Java and the jars.
"""

import os
from pathlib import Path

from bench.task import Task

_WORKER = """
bootstrap.servers={bootstrap}
listeners=http://127.0.0.1:0
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
value.converter.schemas.enable=false
offset.storage.file.filename=offsets
plugin.discovery=only_scan
plugin.path={plugins}
consumer.auto.offset.reset=earliest
consumer.isolation.level=read_committed
consumer.max.poll.records=10000
consumer.fetch.min.bytes=1048576
consumer.max.partition.fetch.bytes=8388608
connector.client.config.override.policy=All
"""
# Topic, partition and offset as the id: an event that comes again replaces itself.
_SINK = """
name={name}
connector.class=com.mongodb.kafka.connect.MongoSinkConnector
tasks.max=2
topics={topic}
connection.uri={uri}
database={database}
collection=posts
document.id.strategy=com.mongodb.kafka.connect.sink.processor.id.strategy.KafkaMetaDataStrategy
writemodel.strategy=com.mongodb.kafka.connect.sink.writemodel.strategy.ReplaceOneDefaultStrategy
bulk.write.ordered=false
"""
_LOG = """
status=warn
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %c: %m%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
"""


def main(task: Task) -> None:
    """Become the worker; it reads on until it is ended."""
    Path("plugins").mkdir()
    Path("worker.properties").write_text(_WORKER.format(bootstrap=task.bootstrap, plugins=Path("plugins").absolute()))
    Path("sink.properties").write_text(
        _SINK.format(name=task.name, topic=task.topic, uri=task.uri, database=task.database)
    )
    Path("log4j2.properties").write_text(_LOG)
    java = os.environ["JAVA"]
    machine = ["-Xms256m", "-Xmx2g", "-XX:+UseG1GC", "-Dlog4j2.configurationFile=log4j2.properties"]
    connect = ["org.apache.kafka.connect.cli.ConnectStandalone", "worker.properties", "sink.properties"]
    os.execv(java, [java, *machine, "-cp", os.environ["CONNECT_JARS"], *connect])


if __name__ == "__main__":
    main(Task.from_arguments())
