"""Whether MongoDB can acknowledge writes as a job asks for it: by a majority, and in the journal."""

from collections.abc import Iterator

from pymongo.errors import OperationFailure, WTimeoutError
from pymongo.write_concern import WriteConcern

from operations.checks.result import Result, failed, ok, warning
from operations.checks.subject import Subject

_ANSWER_MILLISECONDS = 5_000
_MONGOS = "isdbgrid"


def look(subject: Subject) -> Iterator[Result]:
    """An update that meets no document is acknowledged like any other, and changes nothing."""
    database = subject.database
    told = database.client.admin.command("hello")
    if not told.get("isWritablePrimary"):
        yield failed(
            f"{told.get('me', 'the server')} is not the primary: nothing can be written to it",
            "name the set in CASESTREAM_MONGODB_URI, replicaSet=…, and leave directConnection out",
        )
        return
    # Where there is no lease yet there may be no collection, and some servers would make one.
    was_tried = database["leases"].find_one({}, {"_id": 1}) is not None
    if was_tried and (why := _refusal(subject)) is not None:
        yield failed(why, "see the members of the replica set: a majority of them must be there, with the data")
        return
    tried = "a majority acknowledges, in the journal" if was_tried else "nothing is stored, so no write was tried"
    if told.get("msg") == _MONGOS:
        yield ok(f"sharded; {tried}")
    elif "setName" in told:
        members = len([*told.get("hosts", ()), *told.get("passives", ())])
        yield ok(f"replica set {told['setName']}, {members} with data; {tried}")
    else:
        yield warning(
            f"a server alone, no replica set; {tried}",
            "what it has acknowledged is lost with its disk: make it a replica set where that matters",
        )


def _refusal(subject: Subject) -> str | None:
    concern = WriteConcern("majority", j=True, wtimeout=_ANSWER_MILLISECONDS)
    leases = subject.database["leases"].with_options(write_concern=concern)
    try:
        leases.update_one({"_id": "?"}, {"$set": {"state": "?"}})
    except WTimeoutError:
        return f"no majority acknowledges a write within {_ANSWER_MILLISECONDS / 1000:g} s"
    except OperationFailure as refusal:
        return f"a write is refused: {(refusal.details or {}).get('errmsg', refusal)}"
    return None
