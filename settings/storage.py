"""Where documents, the checkpoint and the spool are, and how long documents stay."""

import re
import ssl
import warnings
from typing import Annotated

from pydantic import AfterValidator, SecretStr, ValidationInfo, field_validator
from pymongo.uri_parser import parse_uri

from settings.folders import CheckpointUri, SpoolUri
from settings.frozen import PREFIX, Frozen, setting
from settings.hosts import host_of, refuse_misnamed
from settings.types import matching

_PYTHONS_ALONE = (
    "tlsCAFile", "tlsCertificateKeyFile", "tlsCertificateKeyFilePassword", "tlsCRLFile", "tlsAllowInvalidCertificates"
)  # fmt: skip


def _mongodb_uri(value: SecretStr) -> SecretStr:
    uri = value.get_secret_value()
    if not uri.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("it must begin with mongodb:// or mongodb+srv://")
    if alone := [name for name in _PYTHONS_ALONE if f"{name.lower()}=" in uri.rpartition("?")[2].lower()]:
        raise ValueError(
            f"it must be without {alone[0]}, which Spark's connector does not read; "
            f"a CA of your own is named by {PREFIX}MONGODB_CA_FILE"
        )
    refuse_misnamed(_hosts(uri))
    return value


def _hosts(uri: str) -> list[str]:
    """Raises ValueError where MongoDB cannot read the URI."""
    if not uri.startswith("mongodb://"):  # to parse it asks the DNS
        return [host_of(uri)]
    try:
        with warnings.catch_warnings(action="ignore"):
            nodes = parse_uri(uri, warn=True)["nodelist"]  # an option that it does not know is no mistake to it either
    except Exception:  # noqa: BLE001 - whatever it says may hold a piece of the password
        raise ValueError(
            "it must be a URI that MongoDB can read: mongodb://user:password@host:port/?options, with % and two "
            "hex digits for the special characters of user and password (%40 for @, %2F for /)"
        ) from None
    return [host for host, _ in nodes]


def asks_for_tls(value: SecretStr | None) -> bool:
    """Whether who connects to that URI speaks TLS; False for none. value: as `mongodb_uri` allows it.

    https://www.mongodb.com/docs/manual/reference/connection-string-options/
    """
    uri = value.get_secret_value() if value else ""
    if uri.startswith("mongodb+srv://"):  # to parse it asks the DNS; it does unless told otherwise
        return not re.search(r"[?&](tls|ssl)=false\b", uri, re.IGNORECASE)
    with warnings.catch_warnings(action="ignore"):
        return bool(uri and parse_uri(uri, warn=True)["options"].get("tls"))


def _authorities(value: str) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(value)
    except OSError:
        raise ValueError("it must be a file that this machine can read and that holds certificates in PEM") from None
    return value


MongoUri = Annotated[SecretStr, AfterValidator(_mongodb_uri)]
Authorities = Annotated[str, AfterValidator(_authorities)]
DatabaseName = Annotated[str, matching(r"[A-Za-z0-9_-]{1,63}", "1 to 63 letters, digits, underscores and hyphens")]


class Storage(Frozen):
    """Where documents go: what the operator's commands need of a job's settings."""

    group = "storage"

    mongodb_uri: MongoUri | None = setting(
        None, "where documents go; default, with a local master only: an embedded server for trying things"
    )
    mongodb_ca_file: Authorities | None = setting(
        None,
        "PEM file of MongoDB's CA, with tls=true in MONGODB_URI; default: Python's and Java's own lists",
    )
    database: DatabaseName = setting("casestream", "MongoDB database")

    @field_validator("mongodb_ca_file")
    @classmethod
    def _has_a_use(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and "mongodb_uri" in info.data and not asks_for_tls(info.data["mongodb_uri"]):
            raise ValueError(f"it must stand beside a {PREFIX}MONGODB_URI with tls=true")
        return value


class JobStorage(Storage):
    """What a job needs beyond."""

    checkpoint: CheckpointUri | None = setting(
        None, "URI of Spark's checkpoint; default, with a local master only: .data/JOBNAME/checkpoint"
    )
    spool: SpoolUri | None = setting(
        None,
        "URI, file: or hdfs:, where a push feed is kept until it is stored; default, with a local master only: "
        ".data/JOBNAME/spool",
    )

    retention_days: float | None = setting(
        None,
        "documents and dead letters of older batches are removed while the job runs; default: all are kept",
        gt=0,
        le=36_500,
    )

    honour_removals: bool = setting(
        True,
        "remove what is stored of a post when its feed deletes it, and earlier versions when it edits it",
    )
