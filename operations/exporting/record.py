"""`exports`: which folders hold copies of posts, so that `manage.py forget` finds these too.

{ _id: "<host>:<folder>", host, folder, format, jobs | null, since | null, until | null, ids_only, posts, first_at, at }
"""

import logging
import socket
from datetime import datetime
from pathlib import Path
from typing import Any

from pymongo.database import Database
from pymongo.errors import OperationFailure

from ledger.database import is_unauthorized
from operations.exporting.request import Request

log = logging.getLogger(__name__)


def begin(database: Database[dict[str, Any]], folder: Path, request: Request, now: datetime) -> bool:
    """Record the export before its first file; False, and a warning, where the user may only read.

    Raises pymongo's errors.
    """
    asked = {
        "host": socket.gethostname(),
        "folder": str(folder),
        "format": request.format,
        "jobs": None if request.jobs is None else list(request.jobs),
        "since": request.since,
        "until": request.until,
        "ids_only": request.ids_only,
        "at": now,
    }
    try:
        database["exports"].update_one(
            {"_id": _id(folder)}, {"$set": asked, "$setOnInsert": {"posts": 0, "first_at": now}}, upsert=True
        )
    except OperationFailure as error:
        if not is_unauthorized(error):
            raise
        log.warning(
            "the export is not recorded: this user of MongoDB may only read, and manage.py forget will not know of it "
            "folder=%s",
            folder,
        )
        return False
    return True


def end(database: Database[dict[str, Any]], folder: Path, posts: int, now: datetime) -> None:
    """Record what the folder holds now. Raises pymongo's errors."""
    database["exports"].update_one({"_id": _id(folder)}, {"$set": {"posts": posts, "at": now}})


def _id(folder: Path) -> str:
    return f"{socket.gethostname()}:{folder}"
