"""Everything that is logged and printed while something is done, and whether a secret is in it."""

import io
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

from pydantic import SecretStr

from settings import Settings

SECRET = "a-secret-of-the-contract"


class Overheard:
    """What came out. add: more that others may see, as a repr or a message."""

    def __init__(self) -> None:
        self._written = io.StringIO()
        self._more: list[str] = []

    def add(self, *words: object) -> None:
        self._more += map(str, words)

    def secrets_in_it(self, secrets: Sequence[str]) -> list[str]:
        """The lines with a secret in them, with the secret marked."""
        lines = [line for text in (self._written.getvalue(), *self._more) for line in text.splitlines()]
        return [line for line in lines if any(secret in line for secret in secrets)]


@contextmanager
def overhearing() -> Iterator[Overheard]:
    """Listen to standard output, standard error, and the log as a job has it: from INFO on, but unredacted."""
    overheard = Overheard()
    handler, root = logging.StreamHandler(overheard._written), logging.getLogger()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        with redirect_stdout(overheard._written), redirect_stderr(overheard._written):
            yield overheard
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def with_secrets(settings: Mapping[str, Any], required: Sequence[str] = ()) -> dict[str, Any]:
    """The settings, with a secret for each of the required that is one and has none, and for SOURCE_TOKEN."""
    names = [name for name in (*required, "source_token") if _is_secret(name) and name not in settings]
    return {**settings, **dict.fromkeys(names, SECRET)}


def _is_secret(name: str) -> bool:
    field = Settings.model_fields.get(name)
    return field is not None and SecretStr.__name__ in str(field.annotation)
