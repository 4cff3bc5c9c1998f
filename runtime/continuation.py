"""How a job goes on from what the ledger knows when its checkpoint is fresh."""

from collections.abc import Mapping
from typing import Any

from ledger.batches import BatchLedger
from processors.offset_log import OffsetLog
from settings import Settings
from sinks.mongo import MongoSink
from spool.files import Folder
from spool.segments import Segment


def stored_offsets(
    settings: Settings, log: OffsetLog, ledger: BatchLedger, sink: MongoSink
) -> tuple[Mapping[str, Any], ...]:
    """The offsets behind which a fresh checkpoint begins; empty: as the settings say.

    What an abandoned query had begun to store, and will be read again, is removed.
    """
    if not log.is_fresh():
        return ()
    for batch in ledger.abandoned():
        sink.discard(batch)
        ledger.forget(batch)
    return behind_the_last_stored(settings, ledger)


def behind_the_last_stored(settings: Settings, ledger: BatchLedger) -> tuple[Mapping[str, Any], ...]:
    """The offsets behind which a fresh checkpoint would begin, by the ledger alone. Nothing is changed."""
    last = None if settings.from_start else ledger.last_committed()
    return tuple(last["offsets"]) if last else ()


def drop_stored_segments(folder: Folder, ledger: BatchLedger) -> int:
    """Remove the segments that a committed batch of a lost checkpoint has stored; how many they were."""
    segments = {segment.id: segment for segment in map(Segment.of, folder.list()) if segment}
    stored = ledger.committed_segments(list(segments))
    for segment_id in stored:
        folder.delete(segments[segment_id].name)
    return len(stored)
