"""A job's rules at X, as its receiver keeps them: asked for once, not at each connection."""

from receivers.x_api.ended import Ended
from receivers.x_api.rules import synchronise, wanted_rules, withdraw
from receivers.x_api.stream import FilteredStream


class KeptRules:
    """Made those of the settings when they are needed. text: TWITTER_RULES; job: its name, which their tags carry."""

    def __init__(self, client: FilteredStream, text: str, job: str) -> None:
        self._client = client
        self._text = text
        self._job = job
        self._are_there = False
        self._added: list[str] = []

    def make(self) -> Ended | None:
        """Have them at X; how that failed, None where they are there. Raises CannotStart for a rule that X refuses."""
        return None if self._are_there else self._client.change_rules(self._synchronise)

    def are_gone(self) -> None:
        """X says that there are none: the next `make` makes them again."""
        self._are_there = False

    def withdraw(self) -> None:
        """Take back those that were added: else they would feed, and charge, the job that has the connection."""
        self._client.change_rules(lambda client: withdraw(client, self._added))

    def _synchronise(self, client: FilteredStream) -> None:
        self._added = synchronise(client, wanted_rules(self._text, self._job), self._job)
        self._are_there = True
