"""Flags, environment and settings file become one set of values, and those become settings."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from command_line import mistakes
from command_line.mistakes import variable
from command_line.settings_file import read_file
from errors import FixSettings
from settings import Settings, Storage

_Model = TypeVar("_Model", bound=Storage)


def merged(flags: Mapping[str, Any], file: Path | None) -> tuple[dict[str, Any], list[str]]:
    """What was given, by setting, as it was written; and a line for each mistake in the file.

    A flag goes before the environment, that before the file. An empty value is none.
    """
    lines, problems = ({}, []) if file is None else read_file(file)
    environment = {name: os.environ[variable(name)] for name in Settings.model_fields if variable(name) in os.environ}
    return _not_empty({**_not_empty(lines), **_not_empty(environment), **flags}), problems


def validated(model: type[_Model], given: Mapping[str, Any]) -> tuple[_Model | None, list[str]]:
    """The settings that `merged` amounts to, or None and a line for each mistake."""
    try:
        return model.model_validate(given), []
    except ValidationError as errors:
        return None, mistakes.wrong(errors, given)


def settled(settings: Settings | None, problems: list[str]) -> Settings:
    """The settings with the folders of a local master. Raises FixSettings where there is a problem, or becomes one."""
    if settings is not None and not problems:
        settings, problems = with_local_folders(settings)
    if problems or settings is None:
        raise FixSettings(problems)
    return settings


def with_local_folders(settings: Settings) -> tuple[Settings | None, list[str]]:
    """The settings with folders below the working folder, or None and a line for each that Spark cannot use."""
    try:
        return settings.for_local_master(), []
    except ValidationError as errors:
        return None, [f"{line} (it is in the working folder by default)" for line in mistakes.wrong(errors, {})]


def _not_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if str(value).strip(" ,")}
