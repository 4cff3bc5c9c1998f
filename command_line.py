"""Flags, environment and settings file to one `Settings`, or to every mistake at once."""

import argparse
import difflib
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from errors import FixSettings
from settings import PREFIX, Settings, Storage

TEST_PREFIX = f"{PREFIX}TEST_"

EXAMPLES = """
Each setting is also an environment variable CASESTREAM_A_B and a line CASESTREAM_A_B=value of the settings file; a flag
wins over the environment, the environment over the file. These are secrets and have no flag:
{secrets}

sources: {sources}, or package.module:ClassName of your own

examples:
  main.py --jobname demo --source socket --socket-port 9009
  spark-submit … main.py --jobname covid --source kafka --kafka-bootstrap-servers broker:9092 --kafka-topics posts

exit codes: 0 stopped as asked · 1 the query failed for good · 2 settings are wrong · 3 it could not start (name in use,
login refused, source or database unreachable)
"""


@dataclass(frozen=True)
class Surroundings:
    """What settings are checked against.

    sources, providers: registered names. required: the settings that a source cannot do without; raises FixSettings
    where there is no such source. is_local: whether Spark's master is this machine.
    """

    sources: Collection[str]
    required: Callable[[str], Sequence[str]]
    providers: Collection[str]
    is_local: bool


@dataclass(frozen=True)
class Command:
    """What the command line asks for."""

    settings: Settings
    check_only: bool


def read(arguments: Sequence[str], around: Surroundings) -> Command:
    """The command that these arguments make. Raises FixSettings with a line for each mistake."""
    found, unknown = _parser(around).parse_known_args(arguments)
    flags = {name: value for name, value in vars(found).items() if value is not None}
    file, check_only = flags.pop("settings_file", None), bool(flags.pop("check_settings", False))
    problems = [*_unknown_flags(unknown), *_unknown_variables(os.environ)]
    given, file_problems = _merged(Settings, flags, file)
    settings, setting_problems = _validated(Settings, given)
    problems += file_problems + setting_problems + _missing(given, around)
    if problems or settings is None:
        raise FixSettings(problems)
    return Command(settings.for_local_master() if around.is_local else settings, check_only)


def read_storage(settings_file: Path | None) -> Storage:
    """Where documents are, for an operator's command. Raises FixSettings."""
    given, problems = _merged(Settings, {}, None if settings_file is None else str(settings_file))
    storage, more = _validated(Storage, {name: given[name] for name in Storage.model_fields if name in given})
    if problems or storage is None:
        raise FixSettings(problems + more)
    return storage


def table(settings: Settings) -> str:
    """The settings as lines `CASESTREAM_A_B=value`, secrets hidden."""
    return "\n".join(f"{_variable(name)}={_shown(name, getattr(settings, name))}" for name in Settings.model_fields)


def _parser(around: Surroundings) -> argparse.ArgumentParser:
    secrets = "\n".join(f"  {_variable(name)}: {each.description}" for name, each in _fields() if _is_secret(each))
    parser = argparse.ArgumentParser(
        prog="main.py",
        description="One casestream job: posts of one source, gathered by micro-batch, joined with the world's "
        "coronavirus case count, stored in MongoDB.",
        epilog=EXAMPLES.format(secrets=secrets, sources=", ".join(sorted(around.sources))),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--settings-file", metavar="FILE", help="a file of lines CASESTREAM_A_B=value")
    parser.add_argument("--check-settings", action="store_true", default=None, help="say what is set, and exit 0 or 2")
    groups: dict[str, Any] = {}
    for name, field in _fields():
        if _is_secret(field):
            continue
        title = _group(field)
        group = groups.get(title) or groups.setdefault(title, parser.add_argument_group(title))
        if field.annotation is bool:
            group.add_argument(_flag(name), action="store_true", default=None, help=_help(field))
        else:
            group.add_argument(_flag(name), metavar=name.rsplit("_", 1)[-1].upper(), help=_help(field))
    return parser


def _fields() -> list[tuple[str, FieldInfo]]:
    """Every setting, those of the job before those it inherits."""
    order = ["job", "storage"]
    return sorted(
        Settings.model_fields.items(),
        key=lambda item: order.index(_group(item[1])) if _group(item[1]) in order else len(order),
    )


def _merged(model: type[Storage], flags: Mapping[str, Any], file: str | None) -> tuple[dict[str, Any], list[str]]:
    """What was given, by the name of the setting: flag before environment before file."""
    given: dict[str, Any] = {}
    problems: list[str] = []
    if file is not None and not Path(file).is_file():
        problems.append(f"--settings-file: there is no file {file}")
    elif file is not None:
        source = DotEnvSettingsSource(model, env_file=file)
        for variable in source.env_vars:
            if variable.removeprefix(PREFIX.lower()) not in Settings.model_fields or not variable.startswith(
                PREFIX.lower()
            ):
                problems.append(f"{file}: {variable.upper()} is no setting{_suggestion(variable.upper())}")
        given |= {name: value for name, value in source().items() if name in model.model_fields}
    given |= EnvSettingsSource(model)()
    return given | dict(flags), problems


_Model = TypeVar("_Model", bound=Storage)


def _validated(model: type[_Model], given: Mapping[str, Any]) -> tuple[_Model | None, list[str]]:
    try:
        return model.model_validate(given), []
    except ValidationError as errors:
        return None, [_line(str(error["loc"][0]), error["msg"], error["type"], given) for error in errors.errors()]


def _line(name: str, message: str, kind: str, given: Mapping[str, Any]) -> str:
    field = Settings.model_fields[name]
    if kind == "missing":
        return f"{_naming(name)} is missing: {field.description}"
    allowed = (
        message.removeprefix("Value error, ").replace("Input should", "it must").replace("String should", "it must")
    )
    return f"{_naming(name)}={_shown(name, given.get(name))}: {allowed} ({field.description})"


def _missing(given: Mapping[str, Any], around: Surroundings) -> list[str]:
    """What the source, the provider and the master ask for, whatever else is wrong."""
    problems = []
    provider = given.get("count_provider")
    if provider is not None and provider not in around.providers:
        problems.append(f"{_naming('count_provider')}={provider}: it must be {_one_of(around.providers)}")
    required: list[str] = []
    if source := given.get("source"):
        try:
            required += around.required(str(source))
        except FixSettings as mistake:
            problems += mistake.problems
    if str(given.get("kafka_security_protocol", "")).startswith("SASL"):
        required += ["kafka_sasl_username", "kafka_sasl_password"]
    problems += [
        f"{_naming(name)} is missing: the source {source} needs it" for name in required if not given.get(name)
    ]
    if not around.is_local:
        away = [name for name in ("mongodb_uri", "checkpoint", "spool") if not given.get(name)]
        problems += [f"{_naming(name)} is missing: it has a default with a local Spark master only" for name in away]
    return problems


def _unknown_flags(unknown: Sequence[str]) -> list[str]:
    """Only the flags: what stands behind them may be a secret."""
    problems = []
    for flag in (each.split("=", 1)[0] for each in unknown if each.startswith("-")):
        name = flag.lstrip("-").replace("-", "_")
        if name in Settings.model_fields:
            problems.append(f"{flag}: a secret has no flag, arguments can be read by others: set {_variable(name)}")
        else:
            problems.append(f"{flag} is no flag{_suggestion(flag)}")
    return problems or (["there are words that belong to no flag, see --help"] if unknown else [])


def _unknown_variables(environment: Mapping[str, str]) -> list[str]:
    known = {_variable(name) for name in Settings.model_fields}
    return [
        f"{name} is set in the environment and is no setting{_suggestion(name)}"
        for name in sorted(environment)
        if name.startswith(PREFIX) and name not in known and not name.startswith(TEST_PREFIX)
    ]


def _suggestion(word: str) -> str:
    names = [_flag(name) if word.startswith("-") else _variable(name) for name in Settings.model_fields]
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else ""


def _one_of(names: Collection[str]) -> str:
    return f"one of {', '.join(sorted(names))}"


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _naming(name: str) -> str:
    secret = _is_secret(Settings.model_fields[name])
    return _variable(name) if secret else f"{_flag(name)} ({_variable(name)})"


def _shown(name: str, value: object) -> str:
    if value is None:
        return ""
    if _is_secret(Settings.model_fields[name]):
        return "***"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr.__name__ in str(field.annotation)


def _group(field: FieldInfo) -> str:
    return str(field.json_schema_extra["group"]) if isinstance(field.json_schema_extra, dict) else ""


def _help(field: FieldInfo) -> str:
    text = (field.description or "").replace("%", "%%")
    is_plain = field.default is not None and not field.is_required() and field.default not in ((), False)
    return f"{text} ({field.default})" if is_plain else text
