"""Documents of a later casestream: an older one that wrote beside them would leave a job with two layouts."""

from typing import Any

from pymongo import DESCENDING
from pymongo.database import Database

from errors import CannotStart
from sinks.documents import SCHEMA_VERSION


def refuse_newer(database: Database[dict[str, Any]], job: str) -> None:
    """Look at the job's newest document. Raises CannotStart where its `schema_version` is beyond our own; pymongo's."""
    newest = database["micro_batches"].find_one({"job": job}, {"schema_version": 1}, sort=[("timestamp", DESCENDING)])
    version = (newest or {}).get("schema_version", SCHEMA_VERSION)
    if version > SCHEMA_VERSION:
        raise CannotStart(
            f"the newest document of {job} in {database.name}.micro_batches has schema_version {version}, and this "
            f"casestream knows {SCHEMA_VERSION}: start the version that wrote it, or a later one. Nothing was written."
        )
