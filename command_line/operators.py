"""What an operator's command reads of a job's settings, from the environment and the file.

Each raises FixSettings with a line for each mistake.
"""

import os
from pathlib import Path

from command_line import mistakes
from command_line.merging import merged, settled, validated
from command_line.needs import Surroundings, unmet
from errors import FixSettings
from settings import Settings, Storage


def read_storage(settings_file: Path | None) -> Storage:
    """Where documents are, for an operator's command; whatever else the environment says. Raises FixSettings."""
    given, problems = merged({}, settings_file)
    storage, more = validated(Storage, {name: given[name] for name in Storage.model_fields if name in given})
    if problems or storage is None:
        raise FixSettings(problems + more)
    return storage


def read_like_job(jobname: str, settings_file: Path | None) -> Settings:
    """What the job of that name is told by the environment and the file, for an operator's command that runs Spark.

    Where the job reads (its source, checkpoint, spool, and what the source needs) is not asked for: source is
    "unknown", the two folders are the default ones. Raises FixSettings.
    """
    given, problems = merged({"jobname": jobname}, settings_file)
    given = {name: value for name, value in given.items() if name not in ("source", "checkpoint", "spool")}
    settings, more = validated(Settings, {**given, "source": "unknown"})
    problems = [*mistakes.unknown_variables(os.environ), *problems, *more]
    return settled(settings, problems)


def read_recording(jobname: str, source: str, around: Surroundings, settings_file: Path | None) -> Settings:
    """What the receiver of that source is told by the environment and the file. Raises FixSettings."""
    given, problems = merged({"jobname": jobname, "source": source}, settings_file)
    settings, more = validated(Settings, given)
    problems = [*mistakes.unknown_variables(os.environ), *problems, *more, *unmet(given, around)]
    return settled(settings, problems)


def read_brokers(servers: str, settings_file: Path | None) -> Settings:
    """How to reach these brokers, the login from the environment and the file, for an operator's command.

    jobname and source mean nothing. Raises FixSettings.
    """
    given, problems = merged({"kafka_bootstrap_servers": servers}, settings_file)
    given = {name: value for name, value in given.items() if name.startswith("kafka_")}
    settings, more = validated(Settings, {**given, "jobname": "verify", "source": "kafka"})
    if problems or settings is None:
        raise FixSettings(problems + more)
    return settings
