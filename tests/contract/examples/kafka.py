"""Kafka: its events; what a job does with a broker is tried in tests/integration/test_kafka_job.py."""

from tests.contract.examples import text
from tests.contract.examples.base import ProcessorExamples

KafkaProcessor = ProcessorExamples(
    text.POSTS, text.PROBLEMS, {"kafka_bootstrap_servers": "127.0.0.1:1", "kafka_topics": ("posts",)}
)
