"""The database that a caller names, and pymongo's errors in the words of who reads."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    InvalidName,
    OperationFailure,
    PyMongoError,
)

from casestream.errors import BadArgument, CannotReach, CasestreamError, NoJobs, NoSuchJob, Refused, Unreadable
from casestream.job_names import job_names
from casestream.selection import Selection

Documents = Database[dict[str, Any]]
Place = str | MongoClient[dict[str, Any]] | Documents
"""How a caller may name the database: a MongoDB URI, a client, or the database itself."""

_SELECTION_MILLISECONDS = 5_000
# Unauthorized, AuthenticationFailed (https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml), and
# what Atlas answers to a wrong login.
_REFUSALS = {13, 18, 8000}
_CALLER = 6  # frames from a warning here to who called the loader


@contextmanager
def opened(place: Place, database: str, selection: Selection) -> Iterator[Documents]:
    """The database, which holds each job that is asked for; a client that is made here is closed in the end.

    database: its name, where the place is no database already. Raises BadArgument where place or name cannot be meant,
    NoSuchJob; and, within the block too, CannotReach, Refused or Unreadable in the place of pymongo's errors. Warns
    with NoJobs where it holds none at all.
    """
    client = _client(place) if isinstance(place, str) else None
    try:
        found = _database(client or place, database)
        _check_jobs(found, selection)
        _check_database(found)
        yield found
    except PyMongoError as error:
        raise _in_words(error) from error
    finally:
        if client is not None:
            client.close()


def _client(uri: str) -> MongoClient[dict[str, Any]]:
    options: dict[str, Any] = {"appname": "casestream loader"}
    if "serverselectiontimeoutms=" not in uri.lower():
        options["serverSelectionTimeoutMS"] = _SELECTION_MILLISECONDS
    try:
        return MongoClient(uri, **options)
    except (ConfigurationError, ValueError) as error:
        why = "" if {"@", "%"} & set(uri) else f": {error}"
        record = " (a mongodb+srv:// address must have an SRV record in the DNS)" if "+srv:" in uri else ""
        raise BadArgument(
            f"The URI is no address that pymongo can use{why}{record}. It is written "
            "mongodb://USER:PASSWORD@HOST:PORT/, with each of :/?#[]@% in user and password as "
            "urllib.parse.quote_plus writes it."
        ) from None
    except OSError as error:
        raise BadArgument(f"The URI names a file that cannot be read: {error}. Correct its options.") from None


def _database(place: Place, name: str) -> Documents:
    if isinstance(place, Database):
        return place
    if isinstance(place, MongoClient):
        try:
            return place[name]
        except (InvalidName, TypeError) as error:
            raise BadArgument(f"database is no name of a database: {error}.") from None
    raise BadArgument(
        f"uri is a {type(place).__name__}. Give a MongoDB URI, a pymongo MongoClient or a pymongo Database."
    )


def _check_jobs(database: Documents, selection: Selection) -> None:
    for job in selection.jobs or ():
        known = database["batches"].find_one({"job": job}, {"_id": 1}) or database["leases"].find_one({"_id": job})
        if known is None:
            names = job_names(database)
            there = f"It holds {', '.join(names)}." if names else "It holds none: is it the right database?"
            raise NoSuchJob(f"Database {database.name} holds no job {job!r}. {there}")


def _check_database(database: Documents) -> None:
    """A job makes its lease before anything else, so where there is none nothing was ever stored."""
    if all(database[name].find_one({}, {"_id": 1}) is None for name in ("leases", "batches")):
        words = f"Database {database.name} holds no job, so the table is empty. Is it the right one (database=…)?"
        warnings.warn(words, NoJobs, stacklevel=_CALLER)


def _in_words(error: PyMongoError) -> CasestreamError:
    if isinstance(error, OperationFailure):
        said = (error.details or {}).get("errmsg", error)
        if error.code in _REFUSALS:
            return Refused(f"MongoDB refused: {said}. Correct the URI's user and password, or the user's role: read.")
        return Unreadable(f"MongoDB could not answer: {said}.")
    why = str(error).split(", Timeout:", 1)[0].split(" (configured timeouts:", 1)[0]
    if isinstance(error, ConnectionFailure):
        return CannotReach(
            f"MongoDB cannot be reached: {why}. Start it, or correct the URI (where it speaks TLS: the options "
            "tls=true and tlsCAFile=FILE)."
        )
    return Unreadable(f"MongoDB could not be read: {why}.")
