"""(g) Bytes through the broker to a consumer that drops them."""

from confluent_kafka import Consumer, TopicPartition

from bench.task import Task, report


def main(task: Task) -> None:
    """Read the topic to its end."""
    consumer = Consumer({"bootstrap.servers": task.bootstrap, "group.id": task.name, "enable.auto.commit": False})
    consumer.assign([TopicPartition(task.topic, partition, 0) for partition in range(task.partitions)])
    done = 0
    report(0)
    while done < task.events:
        done += len(consumer.consume(1_000, 1.0))
        report(done)
    consumer.close()


if __name__ == "__main__":
    main(Task.from_arguments())
