"""The flags of `main.py`, made from `Settings`, and their help."""

import argparse
import re
from collections.abc import Iterable
from typing import Any, NoReturn, cast

from pydantic.fields import FieldInfo

from command_line.mistakes import flag, is_secret, variable
from errors import FixSettings
from settings import Settings
from settings.frozen import Frozen

ABOUT = """One casestream job: posts of one source, gathered by micro-batch, joined with the world's coronavirus case
count, stored in MongoDB, one document per batch.
"""
MORE = """
Each setting is a flag --a-b, an environment variable CASESTREAM_A_B or a line CASESTREAM_A_B=value of the settings
file; a flag wins over the environment, the environment over the file. An empty value is none. Times are in seconds,
sizes in bytes. Secrets have no flag, since others can read arguments:
{secrets}

sources: {sources}, or package.module:ClassName of your own

examples:
  main.py --jobname demo --source socket --socket-port 9009
  spark-submit … main.py --jobname covid --source kafka --kafka-bootstrap-servers broker:9092 --kafka-topics posts

exit codes:
  0  stopped as asked
  1  the query failed for good
  2  settings are wrong
  3  it could not start: job name in use, login refused, source or database unreachable
"""
NO_VALUE = "\0"
_METAVARS = {"kafka_bootstrap_servers": "HOST:PORT", "kafka_max_offsets_per_trigger": "EVENTS", "jobname": "NAME"}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line like all others, in place of argparse's usage and exit; the value may be a secret."""
        raise FixSettings([re.sub(r"^argument (\S+):.*", r"\1: no value may stand behind it", message)])


class _Help(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=34, width=120)

    def _format_args(self, action: argparse.Action, default_metavar: str) -> str:
        return "" if action.const == "true" else str(action.metavar or default_metavar)


def parser(sources: Iterable[str]) -> argparse.ArgumentParser:
    """Every setting but the secrets as a flag; a flag without its value has NO_VALUE.

    What it parses is strings, by setting, None where a flag is not given. It raises FixSettings where argparse would
    end the process. sources: names for the help.
    """
    secrets = "\n".join(
        f"  {variable(name)}: {each.description}" for name, each in Settings.model_fields.items() if is_secret(each)
    )
    made = _Parser(
        prog="main.py",
        usage="main.py --jobname NAME --source SOURCE [--flag value …]",
        description=ABOUT,
        epilog=MORE.format(secrets=secrets, sources=", ".join(sorted(sources))),
        formatter_class=_Help,
        add_help=False,  # its -h would take the beginning of a word like -hunter2 for itself
        allow_abbrev=False,
    )
    made.add_argument("--help", action="help", help="show this and exit")
    made.add_argument(
        "--settings-file", nargs="?", const=NO_VALUE, metavar="FILE", help="a file of lines CASESTREAM_A_B=value"
    )
    made.add_argument("--check-settings", action="store_true", default=None, help="say what is set, and exit 0 or 2")
    made.add_argument(
        "--in-cluster", action="store_true", default=None, help="check as in cluster mode, where this is found out"
    )
    groups: dict[str, Any] = {}
    for name, field in Settings.model_fields.items():
        if is_secret(field):
            continue
        title = _group(name)
        group = groups.get(title) or groups.setdefault(title, made.add_argument_group(title))
        metavar = _METAVARS.get(name, name.rsplit("_", 1)[-1].upper())
        if field.annotation is bool:
            group.add_argument(flag(name), nargs="?", const="true", help=_help(field))
        else:
            group.add_argument(flag(name), nargs="?", const=NO_VALUE, metavar=metavar, help=_help(field))
    return made


def _group(setting: str) -> str:
    """The word over it."""
    (part,) = [part for part in Settings.mro() if setting in vars(part).get("__annotations__", {})]
    return cast(type[Frozen], part).group


def _help(field: FieldInfo) -> str:
    text = (field.description or "").replace("%", "%%")
    is_plain = field.default is not None and not field.is_required() and field.default not in ((), False)
    default = "true" if field.default is True else field.default
    return f"{text} ({default})" if is_plain else text
