"""The job's own connection to MongoDB, for the small writes of the driver."""

import re
from datetime import UTC
from typing import Any

from bson.codec_options import CodecOptions
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from errors import CannotStart
from tls import speaks_tls

_SELECTION_MILLISECONDS = 5_000
_TLS_SECONDS = 2
_UNAUTHORIZED = 13
_AUTHENTICATION_FAILED = {18, _UNAUTHORIZED, 8000}


def connect(uri: str, database: str, ca_file: str | None = None) -> Database[dict[str, Any]]:
    """The database: times aware in UTC, writes acknowledged by a majority and journalled. Nothing is sent yet.

    ca_file: the authorities, in PEM, that alone are trusted; None: Python's own list.
    """
    authorities: dict[str, Any] = {} if ca_file is None else {"tlsCAFile": ca_file}
    try:
        client: MongoClient[dict[str, Any]] = MongoClient(
            uri,
            serverSelectionTimeoutMS=_SELECTION_MILLISECONDS,
            appname="casestream",
            tz_aware=True,
            tzinfo=UTC,
            **authorities,
        )
    except (ConfigurationError, ValueError) as error:
        why = f": {error}" if "@" in uri or "%" not in uri else ""  # of a host in which all is encoded it shows all
        raise CannotStart(f"CASESTREAM_MONGODB_URI is no address that pymongo can use{why}") from None
    return client.get_database(
        database,
        codec_options=CodecOptions(tz_aware=True, tzinfo=UTC),
        write_concern=WriteConcern("majority", j=True),
        read_preference=ReadPreference.PRIMARY,
    )


def reach(database: Database[dict[str, Any]]) -> str | None:
    """Ask the server for a sign of life: None when it answers, else why not.

    Raises CannotStart where waiting does not help: login, certificate or protocol are wrong.
    """
    try:
        database.command("ping")
        database["leases"].find_one({"_id": "?"})
    except OperationFailure as error:
        if error.code in _AUTHENTICATION_FAILED:
            said = (error.details or {}).get("errmsg", error)
            raise CannotStart(
                f"MongoDB at {_where(database)} refused the login or the right to read {database.name}: {said}. "
                "Correct the user and password in CASESTREAM_MONGODB_URI, or the user's role."
            ) from error
        return str(error)
    except (ServerSelectionTimeoutError, ConnectionFailure) as error:
        why = brief(error)
        _refuse(database, why)
        return why
    except PyMongoError as error:
        return str(error)
    return None


def brief(error: PyMongoError) -> str:
    """Who does not answer and why, without pymongo's timeouts and its picture of the servers."""
    return re.split(r", Timeout:|, full error:| \(configured timeouts:", str(error), maxsplit=1)[0]


def is_unauthorized(error: OperationFailure) -> bool:
    """Whether the server refused because the user's role lacks a right.

    https://www.mongodb.com/docs/manual/reference/error-codes/
    """
    return error.code == _UNAUTHORIZED


def _refuse(database: Database[dict[str, Any]], why: str) -> None:
    """Raises CannotStart where the server is there, and TLS is what keeps it away."""
    if "certificate is not valid for" in why:
        raise CannotStart(f"MongoDB shows a certificate of another name: {why}. Correct CASESTREAM_MONGODB_URI.")
    if "CERTIFICATE_VERIFY_FAILED" in why:
        raise CannotStart(
            f"MongoDB shows a certificate of an authority that is not trusted: {why}. "
            "Correct --mongodb-ca-file (CASESTREAM_MONGODB_CA_FILE)."
        )
    if database.client.options.pool_options._ssl_context is not None:
        return
    for host, port in _servers(database):
        if port and speaks_tls(host, port, _TLS_SECONDS):
            raise CannotStart(
                f"MongoDB at {host}:{port} speaks TLS, and the job was told to speak plain text. "
                "Add tls=true to the options of CASESTREAM_MONGODB_URI."
            )


def _where(database: Database[dict[str, Any]]) -> str:
    return ",".join(f"{host}:{port}" for host, port in _servers(database))


def _servers(database: Database[dict[str, Any]]) -> list[tuple[str, int | None]]:
    return sorted(database.client.topology_description.server_descriptions(), key=str)
