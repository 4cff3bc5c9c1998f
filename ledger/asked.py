"""What a viewer asks for: a job, and a time range."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A job's micro-batches whose `timestamp` is in [since, until); None: from the first one on, up to the last."""

    job: str
    since: datetime | None = None
    until: datetime | None = None

    def within(self, field: str) -> dict[str, Any]:
        """The condition that this date field is in the range."""
        bounds = {"$gte": self.since, "$lt": self.until}
        known = {operator: bound for operator, bound in bounds.items() if bound is not None}
        return {field: known} if known else {}

    def committed(self) -> dict[str, Any]:
        """The condition for the entries of `batches` that are asked for."""
        return {"job": self.job, "state": "committed", **self.within("timestamp")}
