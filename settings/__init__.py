"""The one frozen `Settings` of a job, made in `main.py` and handed down. Nothing else reads the environment.

Each field is a flag `--a-b`, an environment variable `CASESTREAM_A_B` and a line `CASESTREAM_A_B=value` of the
settings file; `command_line` merges the three. Fields of type `SecretStr` have no flag. Times are seconds, sizes
are bytes. A file here for each kind: what a source is told is in the one of its name.
"""

from settings.job import Settings
from settings.storage import Storage

__all__ = ["Settings", "Storage"]
