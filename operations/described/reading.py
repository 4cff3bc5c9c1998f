"""Everything that is stored of a collection, or of one job in it, one document at a time in memory as objects."""

from collections.abc import Iterator
from datetime import UTC
from typing import Any

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from casestream.fields import Collection
from casestream.stored import LEASES
from micro_batch import REQUEUE, lease_of
from operations.described.deviations import Description, Deviation

Documents = Database[dict[str, Any]]

_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
_DECODED: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True,
    tzinfo=UTC,
    unicode_decode_error_handler="replace",
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
)


def of_job(collection: Collection, job: str | None) -> dict[str, Any] | None:
    """The question for what the collection holds of a job, of all jobs where it is None; None: it holds nothing of any.

    A lease is of the job whose name it has, a requeue's too.
    """
    if job is None:
        return {}
    if collection is LEASES:
        return {"_id": {"$in": [job, lease_of(REQUEUE, job)]}}
    return {"job": job} if "job" in collection.names() else None


def deviations(
    database: Documents, collection: Collection, asked: dict[str, Any]
) -> Iterator[tuple[object, list[Deviation]]]:
    """Each document's `_id` with what differs in it. Raises pymongo's errors."""
    description = Description(collection.fields)
    for raw in database[collection.name].with_options(_RAW).find(asked):
        try:
            document = bson.decode(raw.raw, _DECODED)
        except BSONError as error:
            yield "?", [Deviation("_id", f"BSON that cannot be read: {error}", "a document")]
        else:
            yield document.get("_id"), list(description.deviations(document))
