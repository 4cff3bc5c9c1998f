"""The settings file: lines CASESTREAM_A_B=value, as dotenv writes them, without its `${…}`.

https://github.com/theskumar/python-dotenv#file-format
"""

import re
from pathlib import Path

from dotenv.parser import parse_stream

from command_line import mistakes
from settings.frozen import PREFIX


def read_file(path: Path) -> tuple[dict[str, str], list[str]]:
    """The settings in a file, by name, and a line for each line of it that is none; what may be a secret is not shown.

    A file that cannot be read, or is not UTF-8, is such a line too.
    """
    values, problems = {}, []
    try:
        with path.open(encoding="utf-8-sig") as lines:
            bindings = list(parse_stream(lines))
    except (OSError, UnicodeDecodeError) as error:
        return {}, [
            f"--settings-file={path}: it cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}"
        ]
    for binding in bindings:
        name, place = binding.key or "", f"{path}, line {binding.original.line + _lines_above(binding.original.string)}"
        if binding.error or (name and not (re.fullmatch(r"\w+", name) and binding.value is not None)):
            problems.append(f"{place}: it must read {PREFIX}A_B=value")
        elif name and (setting := mistakes.setting_of(name)) is None:
            problems.append(f"{place}: {name} is no setting{mistakes.suggested_variable(name)}")
        elif name:
            values[str(setting)] = str(binding.value)
    return values, problems


def _lines_above(text: str) -> int:
    return len(text) - len(text.lstrip("\n"))
