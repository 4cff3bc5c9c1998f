"""Whether MongoDB answers, and what waits there."""

from typing import Any

import pymongo
from pymongo.database import Database
from pymongo.errors import PyMongoError

from clock import Clock
from ledger.removals import number_left
from monitoring import definitions as of
from monitoring.check import Check
from monitoring.metrics import Metrics

_ANSWER_SECONDS = 2
_MOST_REMOVALS = 10_000
_LONGEST_WORDS = 200


class MongoLook:
    """Asks the server that takes writes; one that has not answered after 2 s counts as away.

    `pymongo.timeout`: https://pymongo.readthedocs.io/en/4.15.0/api/pymongo/index.html#pymongo.timeout
    """

    name = "mongodb"

    def __init__(self, metrics: Metrics, database: Database[dict[str, Any]], job: str, clock: Clock) -> None:
        self._metrics = metrics
        self._database = database
        self._job = job
        self._clock = clock

    def look(self) -> Check:
        """Two short questions."""
        try:
            with pymongo.timeout(_ANSWER_SECONDS):
                self._database.command("ping")
                left = number_left(self._database, self._job, self._clock.now(), _MOST_REMOVALS)
                self._metrics.set(of.REMOVALS, left)
        except PyMongoError as error:
            return Check(self.name, f"no answer within {_ANSWER_SECONDS} s: {str(error)[:_LONGEST_WORDS]}")
        return Check(self.name, None)
