"""A real database that is away when it is told to be."""

from typing import Any, cast

from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import ServerSelectionTimeoutError


class FlakyDatabase:
    """While `is_away` every call to a collection fails as pymongo's do; `refused` counts them."""

    def __init__(self, real: Database[dict[str, Any]]) -> None:
        self._real = real
        self.is_away = False
        self.refused = 0

    def __getitem__(self, name: str) -> "_Collection":
        return _Collection(self, self._real[name])

    def typed(self) -> Database[dict[str, Any]]:
        return cast(Database[dict[str, Any]], self)


class _Collection:
    def __init__(self, database: FlakyDatabase, real: Collection[dict[str, Any]]) -> None:
        self._database = database
        self._real = real

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            if self._database.is_away:
                self._database.refused += 1
                raise ServerSelectionTimeoutError("nobody answers")
            return getattr(self._real, name)(*arguments, **named)

        return call
