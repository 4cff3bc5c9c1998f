"""Whether MongoDB can acknowledge writes as a job asks for it: by a majority, and in the journal."""

from collections.abc import Iterator, Mapping
from typing import Any

from pymongo.errors import OperationFailure, WTimeoutError
from pymongo.write_concern import WriteConcern

from ledger.database import is_unauthorized
from operations.checks.result import Result, failed, ok, warning
from operations.checks.subject import Subject

_ANSWER_MILLISECONDS = 5_000
_TRIED, _NOT_TRIED = "a majority acknowledges, in the journal", "no write was tried"


def look(subject: Subject) -> Iterator[Result]:
    """An update that meets no document is acknowledged like any other, and changes nothing."""
    told = subject.database.client.admin.command("hello")
    standing = stands(told, _NOT_TRIED)
    # Where there is no lease yet there may be no collection, and some servers would make one.
    if not told.get("isWritablePrimary") or subject.database["leases"].find_one({}, {"_id": 1}) is None:
        yield standing
        return
    concern = WriteConcern("majority", j=True, wtimeout=_ANSWER_MILLISECONDS)
    try:
        subject.database["leases"].with_options(write_concern=concern).update_one({"_id": "?"}, {"$set": {"a": 0}})
    except WTimeoutError:
        yield failed(
            f"no majority acknowledges a write within {_ANSWER_MILLISECONDS / 1000:g} s",
            "see the members of the replica set: a majority of them must be there, with the data",
        )
    except OperationFailure as refusal:
        if not is_unauthorized(refusal):
            raise
        yield standing
    else:
        yield stands(told, _TRIED)


def stands(hello: Mapping[str, Any], tried: str) -> Result:
    """What the server's `hello` says of it: https://www.mongodb.com/docs/manual/reference/command/hello/."""
    if not hello.get("isWritablePrimary"):
        return failed(
            f"{hello.get('me', 'the server')} is not the primary: nothing can be written to it",
            "name the set in CASESTREAM_MONGODB_URI, replicaSet=…, and leave directConnection out",
        )
    if hello.get("msg") == "isdbgrid":
        return ok(f"sharded; {tried}")
    if "setName" in hello:
        members = [*hello.get("hosts", ()), *hello.get("passives", ())]
        return ok(f"replica set {hello['setName']}, {len(members)} with data; {tried}")
    return warning(
        f"a server alone, no replica set; {tried}",
        "what it has acknowledged is lost with its disk: make it a replica set where that matters",
    )
