"""What every part of the settings is."""

import re
from typing import Any, ClassVar
from urllib.parse import unquote

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "CASESTREAM_"
"""Of every variable's name."""


def setting(default: Any, about: str, **rules: Any) -> Any:  # noqa: ANN401 - pydantic's own signature
    """A field with a sentence about it. default: ... where it must be given. rules: pydantic's, as ge and lt."""
    return Field(default, description=about, **rules)


class Frozen(BaseSettings):
    """It does not change, holds what it was given, and hears nothing of the environment: that is `command_line`'s.

    group: under which word the help shows it.
    """

    group: ClassVar[str]
    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        *_others: PydanticBaseSettingsSource,
        **_more: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What it is given."""
        return (init_settings,)

    def secrets(self) -> tuple[str, ...]:
        """The secret strings of these settings, for those who must keep them out of what they print.

        Of a URI with a password also the password alone, as it is written there and as it is meant.
        """
        values = [getattr(self, name) for name in type(self).model_fields]
        secrets = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        written = [match[1] for secret in secrets if (match := re.match(r"[\w+.-]+://[^:/]*:(.*)@", secret))]
        return tuple(filter(None, [*secrets, *written, *map(unquote, written)]))
