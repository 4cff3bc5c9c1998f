"""What is wrong with given settings, a line for a mistake: the name, the value, what is allowed; never a secret."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from settings import Settings
from settings.frozen import PREFIX

TEST_PREFIX = f"{PREFIX}TEST_"
SHOWN_CHARACTERS = 120
OWN_FLAGS = ("--help", "--settings-file", "--check-settings", "--in-cluster")

# What pydantic calls an error, in words; `ctx` fills the braces.
_ALLOWED = {
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "bool_parsing": "true or false",
    "literal_error": "{expected}",
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
}


def flag(name: str) -> str:
    """`--a-b` of the setting a_b."""
    return "--" + name.replace("_", "-")


def variable(name: str) -> str:
    """`CASESTREAM_A_B` of the setting a_b."""
    return PREFIX + name.upper()


def is_secret(field: FieldInfo) -> bool:
    """Whether its value may be shown nowhere."""
    return SecretStr.__name__ in str(field.annotation)


def shown(name: str, value: object) -> str:
    """The value on one line, its beginning if it is long: see `on_one_line`."""
    text = on_one_line(name, value)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def on_one_line(name: str, value: object) -> str:
    """The value on one line: hidden if it is a secret, without a password that stands in a URI."""
    if value is None:
        return ""
    if is_secret(Settings.model_fields[name]):
        return "***"
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    text = re.sub(r"(://[^/@]*?):.*@", r"\1:***@", text)
    text = re.sub(r"(://[^?]*\?).+", r"\1***", text)  # the query of a URL may hold a token
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def wrong(errors: ValidationError, given: Mapping[str, Any]) -> list[str]:
    """A line for each setting that is missing or whose value is not allowed. given: by setting, as it was written."""
    firsts = {error["loc"][0]: error for error in reversed(errors.errors())}
    return [_wrong(error, given) for error in reversed(firsts.values())]


def of_no_use(name: str, value: object, why: str) -> str:
    """The line for a setting that would change nothing."""
    return f"{_naming(name)}={shown(name, value)}: it must not be given: {why}"


def wrong_for(name: str, value: object, allowed: str) -> str:
    """The line for a value that something else does not allow."""
    return f"{_naming(name)}={shown(name, value)}: {allowed}"


def of_one_machine(name: str, value: str) -> str:
    """The line for a folder that the driver's next attempt, on another machine, would not find."""
    return (
        f"{_naming(name)}={shown(name, value)}: in cluster mode the driver may start again on another machine: name a "
        "folder that all of them reach, hdfs://host/path"
    )


def missing(name: str, why: str) -> str:
    """The line for a setting that something needs."""
    return f"{_naming(name)} is missing: {why}"


def unknown_flags(words: Sequence[str]) -> list[str]:
    """Lines for flags that there are not. What stands behind a flag is not shown: it may be a secret."""
    problems = []
    is_behind_secret = False
    for word in words:
        name = word.split("=", 1)[0].lstrip("-").replace("-", "_")
        if not word.startswith("-") or is_behind_secret:
            is_behind_secret = False
        elif _is_secret_name(name):
            is_behind_secret = "=" not in word
            problems.append(
                f"{flag(name)}: a secret has no flag, since others can read arguments: set {variable(name)}"
            )
        elif re.fullmatch(r"--[a-z][a-z0-9_-]*", word.split("=", 1)[0]):
            problems.append(f"{word.split('=', 1)[0]} is no flag{_suggested_flag(word.split('=', 1)[0])}")
        else:
            problems.append(f"{word[:2]}… is no flag, see --help")
    return problems or (["a word among the arguments belongs to no flag, see --help"] if words else [])


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Lines for variables with our prefix that are no settings."""
    return [
        f"{name} is set in the environment and is no setting{suggested_variable(name)}"
        for name in sorted(environment)
        if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX) and setting_of(name) is None
    ]


def setting_of(name: str) -> str | None:
    """The setting that this variable sets, None where there is none."""
    setting = name.removeprefix(PREFIX).lower()
    return setting if setting in Settings.model_fields and variable(setting) == name else None


def suggested_variable(name: str) -> str:
    """`; did you mean …?`, where a variable's name is close to this one."""
    upper = name.upper()
    full = upper if upper.startswith(PREFIX) else PREFIX + upper
    return _meant(difflib.get_close_matches(full, map(variable, Settings.model_fields), n=1, cutoff=0.8))


def _suggested_flag(word: str) -> str:
    known = {flag(name): flag(name) for name, field in Settings.model_fields.items() if not is_secret(field)}
    known |= {flag(name): variable(name) for name, field in Settings.model_fields.items() if is_secret(field)}
    known |= dict(zip(OWN_FLAGS, OWN_FLAGS, strict=True))
    close = difflib.get_close_matches(word.replace("_", "-"), known, n=1, cutoff=0.7)
    return _meant([known[each] for each in close])


def _meant(close: Sequence[str]) -> str:
    return f"; did you mean {close[0]}?" if close else ""


def _wrong(error: ErrorDetails, given: Mapping[str, Any]) -> str:
    name = str(error["loc"][0])
    field = Settings.model_fields[name]
    if error["type"] == "missing":
        return missing(name, str(field.description))
    return f"{_naming(name)}={shown(name, given.get(name, field.default))}: {_allowed(error)}"


def _allowed(error: ErrorDetails) -> str:
    if (words := _ALLOWED.get(error["type"])) is None:
        return error["msg"].removeprefix("Value error, ").replace("Input should", "it must")
    limits = {
        key: f"{value:.12g}" if isinstance(value, float) else value for key, value in error.get("ctx", {}).items()
    }
    return f"it must be {words.format(**limits)}".replace("'", "")


def _is_secret_name(name: str) -> bool:
    return name in Settings.model_fields and is_secret(Settings.model_fields[name])


def _naming(name: str) -> str:
    return variable(name) if _is_secret_name(name) else f"{flag(name)} ({variable(name)})"
