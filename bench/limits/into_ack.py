"""(h) casestream up to the connector's encoded documents: into a server that keeps none. Its ledger is elsewhere."""

import sys
from pathlib import Path

from bench.casestream_job import Reporter, start_query
from bench.task import Task, report
from runtime.session import open_session


def main(task: Task, sink_uri: str) -> None:
    """All events of the topic, `batch` at a time."""
    spark = open_session(task.name, Path())
    report(0)
    start_query(spark, task, Reporter(), sink_uri).awaitTermination()
    spark.stop()


if __name__ == "__main__":
    main(Task.from_arguments(), sys.argv[2])
