"""What the feed asks to go (`ledger.removals`) out of the documents that hold it (`ledger.removal`).

Documents are found by indexes on `content`, of one job each: made at its start where its source is known to delete,
else when the first of its removals is to be honoured; that on authors when the first of them is gone. A job whose feed
deletes nothing has none, and its writes cost no more.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pymongo import IndexModel
from pymongo.database import Database
from pymongo.errors import OperationFailure

from clock import Clock
from errors import ChangedMeanwhile, StopRequested
from ledger.removal import Removal, Without
from ledger.removals import TOLD, Asked, RemovalLog

log = logging.getLogger(__name__)

_AT_ONCE = 500  # ids of a look, which pass through the driver
OF_POSTS = ("id", "edit_of", "refers_to")
OF_AUTHORS = ("author",)


def indexes_of(job: str, fields: Sequence[str] = OF_POSTS) -> list[IndexModel]:
    """By which the documents of the job are found. Its name in the filter: others' writes cost what they did."""
    return [
        IndexModel(
            [("job", 1), (f"content.{field}", 1)], name=f"{field} of {job}", partialFilterExpression={"job": job}
        )
        for field in fields
    ]


class Honouring:
    """One job's, for the holder of its lease; fence raises LeaseLost. honours: see `Settings.honour_removals`; expects:
    see `StreamProcessor.removes`.

    Killed anywhere, the next holder does what is left: an entry is called done after all that it asks for is, what is
    removed is not found again, and `Removal.finish` ends the one document that was in hand.
    """

    def __init__(
        self,
        database: Database[dict[str, Any]],
        job: str,
        honours: bool,
        within_seconds: float,
        without: Without,
        clock: Clock,
        fence: Callable[[], None],
        *,
        expects: bool = False,
    ) -> None:
        self._documents = database["micro_batches"]
        self._job = job
        self._honours = honours
        self._log = RemovalLog(database, job, within_seconds, clock)
        self._removal = Removal(database, job, without, clock, fence)
        self._fence = fence
        self._expects = expects
        self._is_begun = self._is_said = False
        self._indexed: set[str] = set()

    def look(self, is_stopping: Callable[[], bool]) -> bool:
        """Do some of what is due; whether there may be more. Raises LeaseLost, StopRequested, pymongo's errors."""
        self._begin()
        if not self._honours:
            self._say_once()
            return False
        asked = self._log.due(_AT_ONCE)
        if not asked.entries:
            return False
        self._ensure_indexes(OF_POSTS)
        if asked.authors:
            self._ensure_indexes(OF_AUTHORS)
        _stop_if(is_stopping)
        posts, is_all_done = 0, True
        for name in self._holding(asked):
            _stop_if(is_stopping)
            try:
                posts += self._removal.of_committed(name, asked.takes, TOLD)
            except ChangedMeanwhile:
                is_all_done = False  # `manage.py forget` has it in hand
        log.debug("looked for what the feed asks to go asked=%s posts=%s", len(asked.entries), posts)
        self._fence()
        (self._log.looked_for if is_all_done else self._log.postpone)(asked)
        return True

    def _say_once(self) -> None:
        if not self._is_said and self._log.is_any_left():
            self._is_said = True
            log.warning(
                "what the feed deletes and edits stays stored, HONOUR_REMOVALS is false; removals has which job=%s",
                self._job,
            )

    def _begin(self) -> None:
        if self._is_begun:
            return
        self._removal.finish()
        if self._expects and self._honours:
            self._ensure_indexes(OF_POSTS)
        self._is_begun = True

    def _ensure_indexes(self, fields: Sequence[str]) -> None:
        if self._indexed.issuperset(fields):
            return
        try:
            self._documents.create_indexes(indexes_of(self._job, fields))
        except OperationFailure as error:
            said = (error.details or {}).get("errmsg", error)
            log.warning("no index for what the feed deletes: it takes longer to find job=%s error=%r", self._job, said)
        self._indexed.update(fields)

    def _holding(self, asked: Asked) -> Iterator[str]:
        """The `_id`s of the documents that may hold what goes, each once."""
        ids, deleted = sorted({*asked.deleted, *asked.edited}), sorted(asked.deleted)
        repost = {"$elemMatch": {"kind": "repost", "refers_to": {"$in": deleted}}}
        questions: list[dict[str, Any]] = [{"content.id": {"$in": ids}}, {"content.edit_of": {"$in": ids}}]
        questions += [{"content": repost}] if deleted else []
        questions += [{"content.author": {"$in": sorted(asked.authors)}}] if asked.authors else []
        found: set[str] = set()
        for question in questions:
            found.update(each["_id"] for each in self._documents.find({"job": self._job, **question}, {"_id": 1}))
        yield from sorted(found)


def _stop_if(is_stopping: Callable[[], bool]) -> None:
    if is_stopping():
        raise StopRequested
