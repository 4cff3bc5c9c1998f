"""What the values of several settings may be; each type says it to a person who got it wrong."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from settings.hosts import OF_ADDRESS, OF_HOST

WEB_ADDRESS = "an address that begins with http:// or https://"
WEB_ADDRESS_PATTERN = r"(?i)https?://[^\s/?#]+\S*"
_HOST = r"([A-Za-z0-9._-]+|\[?[0-9A-Fa-f:.]+\]?)"


def matching(pattern: str, allowed: str) -> AfterValidator:
    """Whole values of this pattern only, else pydantic's ValidationError; `allowed` says the same to a person."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"it must be {allowed}")
        return value

    return AfterValidator(check)


def names(value: object) -> object:
    """Words with commas between as a tuple; anything else as it is."""
    return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


def _token(value: SecretStr) -> SecretStr:
    token = value.get_secret_value().strip()
    if not re.fullmatch(r"[!-~]+", token):
        raise ValueError("it must be the token alone: letters, digits and signs of ASCII, no blanks")
    return SecretStr(token)


Name = Annotated[str, matching(r"[A-Za-z0-9._-]{1,249}", "names of letters, digits, dots, underscores and hyphens")]
Names = Annotated[tuple[Name, ...], NoDecode, BeforeValidator(names)]
Host = Annotated[str, matching(_HOST, "a host's name or address"), OF_HOST]
WebAddress = Annotated[str, matching(WEB_ADDRESS_PATTERN, WEB_ADDRESS), OF_ADDRESS]
Token = Annotated[SecretStr, AfterValidator(_token)]
