"""Flags, environment and settings file to one `Settings`, or to every mistake at once."""

from command_line.job import examine, log_format, read, table
from command_line.needs import Surroundings
from command_line.operators import read_brokers, read_like_job, read_recording, read_storage

__all__ = [
    "Surroundings",
    "examine",
    "log_format",
    "read",
    "read_brokers",
    "read_like_job",
    "read_recording",
    "read_storage",
    "table",
]
