"""What `main.py` is told: its arguments, the environment and the settings file."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from command_line import mistakes
from command_line.flags import NO_VALUE, parser
from command_line.merging import merged, validated, with_local_folders
from command_line.mistakes import flag, on_one_line, variable
from command_line.needs import Surroundings, unmet
from errors import FixSettings
from settings import Settings


@dataclass(frozen=True)
class Command:
    """What the command line asks for."""

    settings: Settings
    check_only: bool


@dataclass(frozen=True)
class Examined:
    """What arguments, environment and file amount to. settings: None where there is a problem.

    wrong_flags: what is wrong with the arguments themselves; problems: with what they, or the other places, say.
    """

    settings: Settings | None
    wrong_flags: tuple[str, ...]
    problems: tuple[str, ...]
    check_only: bool


def read(arguments: Sequence[str], around: Surroundings) -> Command:
    """The command that these arguments make. Raises FixSettings with a line for each mistake."""
    found = examine(arguments, around)
    if found.settings is None:
        raise FixSettings([*found.wrong_flags, *found.problems])
    return Command(found.settings, found.check_only)


def examine(arguments: Sequence[str], around: Surroundings) -> Examined:
    """The same, with every mistake as a line. Raises FixSettings where the arguments cannot be told apart."""
    told = _told(arguments, around.sources)
    if told.in_cluster:
        around = replace(around, is_local=False, is_in_cluster=True)
    given, file_problems = merged(told.flags, told.file)
    settings, setting_problems = validated(Settings, given)
    missing = {name for name in told.without_value if name not in given}
    problems = [*mistakes.unknown_variables(os.environ), *file_problems]
    problems += [line for line in setting_problems if not _is_said(line, missing)] + unmet(given, around)
    if not told.problems and not problems and settings and around.is_local:
        settings, problems = with_local_folders(settings)
    is_good = not told.problems and not problems
    return Examined(settings if is_good else None, told.problems, tuple(problems), told.check_only)


def log_format(arguments: Sequence[str]) -> Literal["text", "json"]:
    """How mistakes in these arguments are to be told, whatever the mistakes are. Raises nothing."""
    try:
        told = _told(arguments, ())
    except FixSettings:
        told = _Told({})
    given, _ = merged(told.flags, told.file)
    return "json" if given.get("log_format") == "json" else "text"


def table(settings: Settings) -> str:
    """The settings as lines `CASESTREAM_A_B=value`, secrets hidden."""
    return "\n".join(f"{variable(name)}={on_one_line(name, getattr(settings, name))}" for name in Settings.model_fields)


@dataclass(frozen=True)
class _Told:
    """What stands in the arguments: flags by the name of their setting, and those that are no settings."""

    flags: Mapping[str, str]
    file: Path | None = None
    check_only: bool = False
    in_cluster: bool = False
    without_value: Collection[str] = ()
    problems: tuple[str, ...] = ()


def _told(arguments: Sequence[str], sources: Collection[str]) -> _Told:
    found, unknown = parser(sources).parse_known_args(["--help" if each == "-h" else each for each in arguments])
    given = {name: value for name, value in vars(found).items() if value is not None}
    empty = [name for name, value in given.items() if value == NO_VALUE]
    problems = [f"{flag(name)}: a value must stand behind it" for name in empty]
    flags = {name: value for name, value in given.items() if name not in empty}
    file = flags.pop("settings_file", None)
    check_only, in_cluster = flags.pop("check_settings", False), flags.pop("in_cluster", False)
    problems += mistakes.unknown_flags(unknown)
    return _Told(flags, file and Path(file), check_only, in_cluster, empty, tuple(problems))


def _is_said(line: str, names: Collection[str]) -> bool:
    """Whether that line says what was said already: a flag without its value is not also missing."""
    return any(line.startswith(f"{flag(name)} ") for name in names)
