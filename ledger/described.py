"""What the database is told of its own documents: validators, and views for who reads."""

import logging
from typing import Any

from pymongo.database import Database
from pymongo.errors import OperationFailure

from ledger.database import is_unauthorized
from ledger.validators import ensure_validators
from ledger.views import ensure_views

log = logging.getLogger(__name__)


def ensure_described(database: Database[dict[str, Any]]) -> None:
    """Make validators and views what this version says they are; twice changes nothing. The indexes are there.

    A job stores without them: a server that does not let the user make them, or does not know them, is a warning.
    Raises pymongo's errors of a server that is away.
    """
    try:
        stored = {each["name"]: each for each in database.list_collections()}
        ensure_validators(database, stored)
        ensure_views(database, stored)
    except OperationFailure as error:
        said = (error.details or {}).get("errmsg", error)
        if is_unauthorized(error):
            log.warning(
                "views and validators not made, the user lacks a right: give its role listCollections, "
                "createCollection and collMod, as deploy/mongodb/roles.json does database=%s error=%r",
                database.name,
                said,
            )
        else:
            log.warning("views and validators not made, MongoDB refuses database=%s error=%r", database.name, said)
