"""Whether MongoDB answers, and what waits there."""

from typing import Any

import pymongo
from pymongo.database import Database
from pymongo.errors import PyMongoError

from ledger.removals import RemovalLog
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

    def __init__(self, metrics: Metrics, database: Database[dict[str, Any]], removals: RemovalLog) -> None:
        self._metrics = metrics
        self._database = database
        self._removals = removals

    def look(self) -> Check:
        """Two short questions."""
        try:
            with pymongo.timeout(_ANSWER_SECONDS):
                self._database.command("ping")
                self._metrics.set(of.REMOVALS, self._removals.number_left(_MOST_REMOVALS))
        except PyMongoError as error:
            return Check(self.name, f"no answer within {_ANSWER_SECONDS} s: {str(error)[:_LONGEST_WORDS]}")
        return Check(self.name, None)
