"""What a job left in the database, read back with pymongo."""

from typing import Any

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from casestream.stored import COLLECTIONS
from operations.described.reading import deviations
from tests.integration.jobs import RunningJob, is_committed

Documents = Database[dict[str, Any]]


def posts(database: Documents) -> list[dict[str, Any]]:
    """Every post of every document, in the documents' order."""
    documents = database["micro_batches"].find(sort=[("timestamp", 1), ("batch_id", 1), ("part", 1)])
    return [post for document in documents for post in document["content"]]


def read_until_stored(running: RunningJob, database: Documents, number: int) -> None:
    """Until so many posts are stored; a batch may end anywhere between two of them."""
    while len(posts(database)) < number:
        running.read_until(is_committed)


def raw(database: Documents, collection: str) -> dict[str, bytes]:
    """The BSON of each document, by id."""
    options: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
    return {document["_id"]: bytes(document.raw) for document in database[collection].with_options(options).find()}


def not_as_described(database: Documents) -> list[str]:
    """Every field that is not what `casestream.stored` says of it, also one that it does not know; none: []."""
    return [
        f"{collection.name}/{name}: {found}"
        for collection in COLLECTIONS
        for name, each in deviations(database, collection, {})
        for found in each
    ]
