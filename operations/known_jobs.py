"""Which jobs a database knows, for who names one."""

from typing import Any

from pymongo.database import Database

from casestream.job_names import job_names
from errors import CannotStart

_COLLECTIONS = ("batches", "micro_batches", "dead_letters", "coverage")
_MOST_NAMES = 10


def jobs(database: Database[dict[str, Any]]) -> list[str]:
    """Every job that was ever begun, or of which anything is stored. Raises pymongo's errors."""
    return job_names(database, _COLLECTIONS)


def refuse_unknown(database: Database[dict[str, Any]], job: str) -> None:
    """Raises CannotStart where the job was never begun and nothing of it is stored, pymongo's errors."""
    if database["leases"].find_one({"_id": job}, {"_id": 1}) is not None:
        return
    if not any(database[each].find_one({"job": job}, {"_id": 1}) is not None for each in _COLLECTIONS):
        raise unknown(database, job)


def unknown(database: Database[dict[str, Any]], job: str) -> CannotStart:
    """What is said of such a job: which there are instead. Raises pymongo's errors."""
    names = jobs(database)
    shown = ", ".join([*names[:_MOST_NAMES], *(["…"] if len(names) > _MOST_NAMES else [])])
    instead = f"it knows {shown}" if names else "it holds nothing of any job"
    return CannotStart(f"the database {database.name} knows no job of the name {job}: {instead}")
