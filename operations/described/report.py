"""What a check has found: a line each, so many of a kind, and how many more there are."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from operations.described.deviations import Deviation
from operations.integrity.findings import printable

MOST_OF_A_KIND = 100


@dataclass(frozen=True)
class Kind:
    """Findings of one field: path has `*` for places in arrays, and for the name of a field that is not described."""

    collection: str
    path: str
    is_note: bool

    def __str__(self) -> str:
        return f"{'note' if self.is_note else 'finding'}: {self.collection}"


@dataclass
class Report:
    """Numbers of all that was found; memory does not grow with what is stored."""

    documents: Counter[str] = field(default_factory=Counter)
    kinds: Counter[Kind] = field(default_factory=Counter)

    def lines(self, collection: str, name: object, found: list[Deviation]) -> Iterator[str]:
        """Count a document in, and what differs in it; the lines of the first `MOST_OF_A_KIND` of each kind."""
        self.documents[collection] += 1
        for each in found:
            kind = Kind(collection, _kind_of(each), each.is_note)
            self.kinds[kind] += 1
            if self.kinds[kind] <= MOST_OF_A_KIND:
                yield printable(f"{kind}/{name}: {each.path}: found {each.found}, expected {each.expected}")

    @property
    def findings(self) -> int:
        """How many there are, without notes."""
        return sum(number for kind, number in self.kinds.items() if not kind.is_note)

    def summary(self) -> list[str]:
        """How many more there are of a kind, then how many documents were looked at."""
        more = [
            printable(f"{kind}: {kind.path}: {number - MOST_OF_A_KIND:,} more")
            for kind, number in self.kinds.items()
            if number > MOST_OF_A_KIND
        ]
        verdict = f"{self.findings:,} FINDINGS" if self.findings else "clean"
        numbers = ", ".join(f"{number:,} {name}" for name, number in self.documents.items())
        return [*more, f"{verdict}: {numbers}"]


def _kind_of(deviation: Deviation) -> str:
    path = re.sub(r"\.\d+(?=\.|$)", ".*", deviation.path)
    return f"{path.rpartition('.')[0]}.*".lstrip(".") if deviation.is_note else path
