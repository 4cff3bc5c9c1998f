"""Whether a batch that was written once and then again has the same bytes."""

from datetime import UTC, datetime, timedelta

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from tests.conftest import Documents

_LOOK_BACK = timedelta(minutes=2)
_COLLECTIONS = {"micro_batches": "timestamp", "dead_letters": "received_at"}


class Replays:
    """Notes what is stored when a job was killed, and compares it with what is stored in the end."""

    def __init__(self) -> None:
        self._noted: dict[tuple[str, str], bytes] = {}
        self._unfinished: set[tuple[str, str]] = set()

    def note_what_is_stored(self, database: Documents, job: str) -> None:
        """Of the last minutes, and what of it belongs to a batch that is not committed."""
        since = datetime.now(UTC) - _LOOK_BACK
        planned = database["batches"].find({"job": job, "state": "planned"}, {"batch_id": 1})
        unfinished = {entry["batch_id"] for entry in planned}
        for collection, time in _COLLECTIONS.items():
            for name, document in _raw(database, collection, {"job": job, time: {"$gte": since}}).items():
                self._noted[collection, name] = bytes(document.raw)
                if document["batch_id"] in unfinished:
                    self._unfinished.add((collection, name))

    @property
    def documents(self) -> int:
        """Documents and dead letters that were found in unfinished batches, and so were written again."""
        return len(self._unfinished)

    def changed(self, database: Documents) -> list[str]:
        """The ids of those that are no more what they were."""
        found: list[str] = []
        for collection in _COLLECTIONS:
            names = [name for held, name in self._noted if held == collection]
            now = _raw(database, collection, {"_id": {"$in": names}})
            found += [
                name for name in names if name not in now or bytes(now[name].raw) != self._noted[collection, name]
            ]
        return found


def _raw(database: Documents, collection: str, wanted: dict[str, object]) -> dict[str, RawBSONDocument]:
    options: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
    return {each["_id"]: each for each in database[collection].with_options(options).find(wanted)}
