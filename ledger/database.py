"""The job's own connection to MongoDB, for the small writes of the driver."""

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

_SELECTION_MILLISECONDS = 5_000
_AUTHENTICATION_FAILED = {18, 13, 8000}


def connect(uri: str, database: str) -> Database[dict[str, Any]]:
    """The database: times aware in UTC, writes acknowledged by a majority and journalled. Nothing is sent yet."""
    try:
        client: MongoClient[dict[str, Any]] = MongoClient(
            uri, serverSelectionTimeoutMS=_SELECTION_MILLISECONDS, appname="casestream", tz_aware=True, tzinfo=UTC
        )
    except (ConfigurationError, ValueError) as error:
        raise CannotStart(f"CASESTREAM_MONGODB_URI is no address that pymongo can use: {error}") from error
    return client.get_database(
        database,
        codec_options=CodecOptions(tz_aware=True, tzinfo=UTC),
        write_concern=WriteConcern("majority", j=True),
        read_preference=ReadPreference.PRIMARY,
    )


def reach(database: Database[dict[str, Any]]) -> str | None:
    """Ask the server for a sign of life: None when it answers, else why not.

    Raises CannotStart where waiting does not help: the login was refused.
    """
    try:
        database.command("ping")
        database["leases"].find_one({"_id": "?"})
    except OperationFailure as error:
        if error.code in _AUTHENTICATION_FAILED:
            raise CannotStart(
                f"MongoDB refused the login or the right to read {database.name}: {error.details or error}. "
                "Correct the user and password in CASESTREAM_MONGODB_URI, or the user's role."
            ) from error
        return str(error)
    except (ServerSelectionTimeoutError, ConnectionFailure) as error:
        return str(error).split(", Timeout:", 1)[0]
    except PyMongoError as error:
        return str(error)
    return None
