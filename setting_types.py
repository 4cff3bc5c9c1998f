"""What a setting's value may be: the types of `settings`, each with what it says to a person who got it wrong."""

import json
import re
import ssl
import warnings
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode
from pymongo.uri_parser import parse_uri

from moments import FORM, moment

PREFIX = "CASESTREAM_"
"""Of every variable's name."""

_PYTHONS_ALONE = (
    "tlsCAFile", "tlsCertificateKeyFile", "tlsCertificateKeyFilePassword", "tlsCRLFile", "tlsAllowInvalidCertificates"
)  # fmt: skip

_MOST_HASHTAGS = 10


def _names(value: object) -> object:
    return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


def _matching(pattern: str, allowed: str) -> AfterValidator:
    """Whole values of this pattern only; `allowed` says the same to a person."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"it must be {allowed}")
        return value

    return AfterValidator(check)


def _mongodb_uri(value: SecretStr) -> SecretStr:
    uri = value.get_secret_value()
    if not uri.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("it must begin with mongodb:// or mongodb+srv://")
    if alone := [name for name in _PYTHONS_ALONE if f"{name.lower()}=" in uri.rpartition("?")[2].lower()]:
        raise ValueError(
            f"it must be without {alone[0]}, which Spark's connector does not read; "
            f"a CA of your own is named by {PREFIX}MONGODB_CA_FILE"
        )
    if uri.startswith("mongodb://"):  # the other kind asks the DNS
        try:
            with warnings.catch_warnings(action="ignore"):
                parse_uri(uri, warn=True)  # an option that it does not know is no mistake to it either
        except Exception:  # noqa: BLE001 - whatever it says may hold a piece of the password
            raise ValueError(
                "it must be a URI that MongoDB can read: mongodb://user:password@host:port/?options, with % and two "
                "hex digits for the special characters of user and password (%40 for @, %2F for /)"
            ) from None
    return value


def asks_for_tls(value: SecretStr | None) -> bool:
    """Whether who connects to that URI speaks TLS."""
    uri = value.get_secret_value() if value else ""
    if uri.startswith("mongodb+srv://"):
        return True  # it does unless told otherwise
    with warnings.catch_warnings(action="ignore"):
        return bool(uri and parse_uri(uri, warn=True)["options"].get("tls"))


def _token(value: SecretStr) -> SecretStr:
    token = value.get_secret_value().strip()
    if not re.fullmatch(r"[!-~]+", token):
        raise ValueError("it must be the token alone: letters, digits and signs of ASCII, no blanks")
    return SecretStr(token)


def _spool_uri(value: str) -> str:
    scheme = scheme_of(value)
    if scheme not in ("", "file", "hdfs"):
        raise ValueError(f"it must be a path, file:/… or hdfs://…; {scheme}: has no atomic rename")
    return _folder_uri(value)


def _folder_uri(value: str) -> str:
    if re.search(r"[{}\[\]*?\\]", value):
        raise ValueError("it must be without { } [ ] * ? and backslashes, which Spark takes for patterns")
    return value


def _checkpoint_uri(value: str) -> str:
    if scheme_of(value) == "hdfs" and not re.match(r"(?i)hdfs://[^/]", value):
        raise ValueError("it must be a path, or a URI with its host, as fs.defaultFS has it: hdfs://host/path")
    return value


def _starting(value: str) -> str:
    if value in ("earliest", "latest"):
        return value
    try:
        topics = json.loads(value)
        is_good = all(
            int(part) >= 0 and type(at) is int and at >= -2 for each in topics.values() for part, at in each.items()
        )
    except (ValueError, AttributeError):
        is_good = False
    if not is_good:
        raise ValueError('it must be earliest, latest or {"topic":{"partition":offset}}')
    return value


def _rules(value: str) -> str:
    lines = [line.strip() for line in value.splitlines() if line.strip()]
    if not lines:
        raise ValueError("it must hold a rule: what X is to look for, one a line")
    if len(set(lines)) < len(lines):
        raise ValueError("it must hold each rule once")
    return "\n".join(lines)


def _hashtags(names: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(name.removeprefix("#") for name in names)
    if not all(re.fullmatch(r"\w{1,100}", name) and not name.isdigit() for name in names):
        raise ValueError("it must be hashtags: letters, digits and underscores, with or without #, commas between")
    if len({name.lower() for name in names}) < len(names):
        raise ValueError("it must hold each hashtag once")
    if len(names) > _MOST_HASHTAGS:
        raise ValueError(f"it must be {_MOST_HASHTAGS} hashtags at most: each is a connection to the instance")
    return names


def _authorities(value: str) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(value)
    except OSError:
        raise ValueError("it must be a file that this machine can read and that holds certificates in PEM") from None
    return value


def _count_address(value: str) -> str:
    is_of_the_web = bool(re.fullmatch(_WEB_ADDRESS, value))
    if not is_of_the_web and scheme_of(value) not in ("", "file"):
        raise ValueError(f"it must be {WEB_ADDRESS}, or for the provider file a path")
    return value


def _selector(value: str) -> str:
    import soupsieve  # with BeautifulSoup, which not everybody who reads settings has

    try:
        soupsieve.compile(value)
    except (soupsieve.SelectorSyntaxError, NotImplementedError) as error:
        said = " ".join(str(error).partition("\n")[0].split())
        raise ValueError(f"it must be a CSS selector like #cases .number; {said}") from None
    return value


def _written_moment(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return moment(value)
    except ValueError:
        raise ValueError(f"it must be {FORM}") from None


def scheme_of(place: str) -> str:
    """`hdfs` of hdfs://host/path, nothing for a path."""
    match = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", place)
    return match[1].lower() if match else ""


_HOST = r"([A-Za-z0-9._-]+|\[?[0-9A-Fa-f:.]+\]?)"
WEB_ADDRESS = "an address that begins with http:// or https://"
_WEB_ADDRESS = r"(?i)https?://[^\s/?#]+\S*"
_SERVER = r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])"

TopicName = Annotated[
    str, _matching(r"[A-Za-z0-9._-]{1,249}", "names of letters, digits, dots, underscores and hyphens")
]
Names = Annotated[tuple[TopicName, ...], NoDecode, BeforeValidator(_names)]
NamesOrNone = Annotated[Names, AfterValidator(lambda names: () if names == ("none",) else names)]
Language = Annotated[str, _matching(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", "codes of languages: en,pt-BR")]
Languages = Annotated[tuple[Language, ...], NoDecode, BeforeValidator(_names)]
Keyword = Annotated[str, _matching(r"(?=.*\w).{1,100}", "words of at most 100 characters, with commas between")]
Keywords = Annotated[tuple[Keyword, ...], NoDecode, BeforeValidator(_names)]
Hashtags = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names), AfterValidator(_hashtags)]
MongoUri = Annotated[SecretStr, AfterValidator(_mongodb_uri)]
Authorities = Annotated[str, AfterValidator(_authorities)]
Token = Annotated[SecretStr, AfterValidator(_token)]
CheckpointUri = Annotated[str, AfterValidator(_checkpoint_uri)]
FolderUri = Annotated[str, AfterValidator(_folder_uri)]
SpoolUri = Annotated[str, AfterValidator(_spool_uri)]
JobName = Annotated[
    str,
    _matching(
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
        "1 to 64 letters, digits, dots, underscores and hyphens, a letter or digit first",
    ),
]
DatabaseName = Annotated[str, _matching(r"[A-Za-z0-9_-]{1,63}", "1 to 63 letters, digits, underscores and hyphens")]
Host = Annotated[str, _matching(_HOST, "a host's name or address")]
Servers = Annotated[str, _matching(rf"{_SERVER}(\s*,\s*{_SERVER})*", "host:port, or several with commas between")]
Starting = Annotated[str, AfterValidator(_starting)]
Rules = Annotated[str, AfterValidator(_rules)]
FeedAddress = Annotated[
    str, _matching(r"(?i)[a-z][a-z0-9+.-]*://[^\s/?#]+\S*", "an address with its scheme, as https://host/path")
]
WebAddress = Annotated[str, _matching(_WEB_ADDRESS, WEB_ADDRESS)]
CountAddress = Annotated[str, AfterValidator(_count_address)]
Selector = Annotated[str, AfterValidator(_selector)]
Moment = Annotated[datetime, BeforeValidator(_written_moment)]
WebSocketAddress = Annotated[
    str, _matching(r"(?i)wss?://[^\s/?#]+[^\s#]*", "addresses that begin with wss:// or ws://, with commas between")
]
WebSocketAddresses = Annotated[tuple[WebSocketAddress, ...], NoDecode, BeforeValidator(_names)]
