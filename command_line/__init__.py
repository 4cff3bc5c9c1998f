"""Flags, environment and settings file to one `Settings`, or to every mistake at once."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from pydantic import ValidationError

from command_line import mistakes
from command_line.flags import NO_VALUE, parser
from command_line.mistakes import flag, on_one_line, variable
from command_line.settings_file import read_file
from errors import FixSettings
from setting_types import WEB_ADDRESS, scheme_of
from settings import Settings, Storage


class OfProvider(Protocol):
    """What a provider of the case count asks of the settings: those required, those others that it takes, and what
    COUNT_URL may begin with ("" is a path; none: it has no address).
    """

    @property
    def required(self) -> Sequence[str]: ...

    @property
    def takes(self) -> Sequence[str]: ...

    @property
    def schemes(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Surroundings:
    """What settings are checked against.

    sources: registered names. required: the settings that a source cannot do without; raises FixSettings where there
    is no such source. provider: the same for a provider of the case count. is_local: whether Spark's master is this
    machine. is_in_cluster: whether the driver is, or is to be, on any machine of a cluster.
    """

    sources: Collection[str]
    required: Callable[[str], Sequence[str]]
    provider: Callable[[str], OfProvider]
    is_local: bool
    is_in_cluster: bool = False


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
    found, unknown = parser(around.sources).parse_known_args(["--help" if each == "-h" else each for each in arguments])
    flags = {name: value for name, value in vars(found).items() if value is not None}
    empty = [name for name, value in flags.items() if value == NO_VALUE]
    wrong_flags = [f"{flag(name)}: a value must stand behind it" for name in empty]
    wrong_flags += mistakes.unknown_flags(unknown)
    flags = {name: value for name, value in flags.items() if name not in empty}
    file, check_only = flags.pop("settings_file", None), bool(flags.pop("check_settings", False))
    if flags.pop("in_cluster", False):
        around = replace(around, is_local=False, is_in_cluster=True)
    given, file_problems = _merged(flags, file)
    settings, setting_problems = _validated(Settings, given)
    told = {name for name in empty if name not in given}
    problems = [*mistakes.unknown_variables(os.environ), *file_problems]
    problems += [line for line in setting_problems if not _is_told(line, told)] + _needs(given, around)
    if not wrong_flags and not problems and settings and around.is_local:
        settings, problems = _with_local_folders(settings)
    is_good = not wrong_flags and not problems
    return Examined(settings if is_good else None, tuple(wrong_flags), tuple(problems), check_only)


def log_format(arguments: Sequence[str]) -> Literal["text", "json"]:
    """How mistakes in these arguments are to be told, whatever the mistakes are."""
    try:
        found, _ = parser(()).parse_known_args(arguments)
    except FixSettings:
        flags = {}
    else:
        flags = {name: value for name, value in vars(found).items() if value not in (None, NO_VALUE)}
    given, _ = _merged(flags, flags.pop("settings_file", None))
    return "json" if given.get("log_format") == "json" else "text"


def read_storage(settings_file: Path | None) -> Storage:
    """Where documents are, for an operator's command. Raises FixSettings."""
    given, problems = _merged({}, None if settings_file is None else str(settings_file))
    storage, more = _validated(Storage, {name: given[name] for name in Storage.model_fields if name in given})
    if problems or storage is None:
        raise FixSettings(problems + more)
    return storage


def read_like_job(jobname: str, settings_file: Path | None) -> Settings:
    """What the job of that name is told by the environment and the file, for an operator's command that runs Spark.

    Where the job reads (its source, checkpoint, spool, and what the source needs) is not asked for: source is
    "unknown", the two folders are the default ones. Raises FixSettings.
    """
    given, problems = _merged({"jobname": jobname}, None if settings_file is None else str(settings_file))
    given = {name: value for name, value in given.items() if name not in ("source", "checkpoint", "spool")}
    settings, more = _validated(Settings, {**given, "source": "unknown"})
    problems = [*mistakes.unknown_variables(os.environ), *problems, *more]
    return _settled(settings, problems)


def read_recording(jobname: str, source: str, around: Surroundings, settings_file: Path | None) -> Settings:
    """What the receiver of that source is told by the environment and the file. Raises FixSettings."""
    given, problems = _merged(
        {"jobname": jobname, "source": source}, None if settings_file is None else str(settings_file)
    )
    settings, more = _validated(Settings, given)
    problems = [*mistakes.unknown_variables(os.environ), *problems, *more, *_needs(given, around)]
    return _settled(settings, problems)


def read_brokers(servers: str, settings_file: Path | None) -> Settings:
    """How to reach these brokers, the login from the environment and the file, for an operator's command.

    jobname and source mean nothing. Raises FixSettings.
    """
    given, problems = _merged(
        {"kafka_bootstrap_servers": servers}, None if settings_file is None else str(settings_file)
    )
    given = {name: value for name, value in given.items() if name.startswith("kafka_")}
    settings, more = _validated(Settings, {**given, "jobname": "verify", "source": "kafka"})
    if problems or settings is None:
        raise FixSettings(problems + more)
    return settings


def table(settings: Settings) -> str:
    """The settings as lines `CASESTREAM_A_B=value`, secrets hidden."""
    return "\n".join(f"{variable(name)}={on_one_line(name, getattr(settings, name))}" for name in Settings.model_fields)


def _merged(flags: Mapping[str, Any], file: str | None) -> tuple[dict[str, Any], list[str]]:
    """What was given, by the name of the setting: flag before environment before file."""
    lines, problems = ({}, []) if file is None else read_file(Path(file))
    environment = {name: os.environ[variable(name)] for name in Settings.model_fields if variable(name) in os.environ}
    merged = {**_not_empty(lines), **_not_empty(environment), **flags}
    return _not_empty(merged), problems


def _not_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if str(value).strip(" ,")}


_Model = TypeVar("_Model", bound=Storage)


def _validated(model: type[_Model], given: Mapping[str, Any]) -> tuple[_Model | None, list[str]]:
    try:
        return model.model_validate(given), []
    except ValidationError as errors:
        return None, mistakes.wrong(errors, given)


def _settled(settings: Settings | None, problems: list[str]) -> Settings:
    """With the folders of a local master. Raises FixSettings where there is a problem."""
    if settings is not None and not problems:
        settings, problems = _with_local_folders(settings)
    if problems or settings is None:
        raise FixSettings(problems)
    return settings


def _with_local_folders(settings: Settings) -> tuple[Settings | None, list[str]]:
    try:
        return settings.for_local_master(), []
    except ValidationError as errors:
        return None, [f"{line} (it is in the working folder by default)" for line in mistakes.wrong(errors, {})]


def _is_told(line: str, names: Collection[str]) -> bool:
    """Whether that line says what was said already: a flag without its value is not also missing."""
    return any(line.startswith(f"{flag(name)} ") for name in names)


def _needs(given: Mapping[str, Any], around: Surroundings) -> list[str]:
    """What the source, the provider and the master ask for, whatever else is wrong."""
    problems, needed = _needs_of_count(given, around)
    if not around.is_local:
        needed |= dict.fromkeys(("mongodb_uri", "checkpoint"), "it has a default with a local Spark master only")
    if source := given.get("source"):
        try:
            needed |= dict.fromkeys(around.required(source), f"the source {source} needs it")
        except FixSettings as mistake:
            problems += mistake.problems
    if str(given.get("kafka_security_protocol", "")).startswith("SASL"):
        needed |= dict.fromkeys(("kafka_sasl_username", "kafka_sasl_password"), "the protocol asks for a login")
    if around.is_local:
        needed.pop("spool", None)
    if around.is_in_cluster:
        problems += [
            mistakes.of_one_machine(name, given[name])
            for name in ("checkpoint", "spool")
            if name in given and scheme_of(given[name]) in ("", "file")
        ]
    return problems + [mistakes.missing(name, why) for name, why in needed.items() if name not in given]


def _needs_of_count(given: Mapping[str, Any], around: Surroundings) -> tuple[list[str], dict[str, str]]:
    """What is wrong for the provider of the case count, and what it needs, each with why."""
    name = str(given.get("count_provider", Settings.model_fields["count_provider"].default))
    try:
        provider = around.provider(name)
    except FixSettings as mistake:
        return list(mistake.problems), {}
    problems = [
        mistakes.of_no_use(each, given[each], f"the count's provider {name} does not heed it")
        for each in ("count_selector", "count_value", "count_as_of")
        if each in given and each not in provider.takes
    ]
    url = given.get("count_url")
    if url is not None and not provider.schemes:
        problems.append(mistakes.of_no_use("count_url", url, f"the count's provider {name} reads none"))
    elif url is not None and scheme_of(url) in {"", "file", "http", "https"} - set(provider.schemes):
        allowed = "a path, or file:/…" if "file" in provider.schemes else WEB_ADDRESS
        problems.append(mistakes.wrong_for("count_url", url, f"it must be {allowed}, for the count's provider {name}"))
    return problems, dict.fromkeys(provider.required, f"the count's provider {name} needs it")
