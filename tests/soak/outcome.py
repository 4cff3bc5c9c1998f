"""What a soak has shown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tests.soak.tally import Tally

_SHOWN = 5


@dataclass(frozen=True)
class Injected:
    """A fault that happened. of: the jobs that felt it; what: what was seen of it."""

    name: str
    of: tuple[str, ...]
    at: datetime
    until: datetime
    what: str


@dataclass(frozen=True)
class Recovery:
    """seconds: from a fault's end to a job's next batch; a job that another fault hit before has none from this one."""

    job: str
    after: str
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """rewritten: documents that a killed job had written and its next start wrote again; changed: with other bytes.

    kills: drivers and JVMs; starts: of jobs; unexpected: ends of jobs that no fault accounts for. verify: exit code
    and output.
    """

    seed: int
    seconds: float
    injected: tuple[Injected, ...]
    recoveries: tuple[Recovery, ...]
    tallies: tuple[Tally, ...]
    rewritten: int
    changed: tuple[str, ...]
    starts: int
    unexpected: tuple[str, ...]
    verify: tuple[int, str]

    @property
    def problems(self) -> list[str]:
        """All that is not as promised; empty where all is well."""
        found = [line for each in self.tallies for line in _problems(each)]
        found += [f"changed when it was written again: {name}" for name in self.changed]
        found += self.unexpected
        return [*found, f"verify: exit code {self.verify[0]}\n{self.verify[1]}"] if self.verify[0] else found

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"seed {self.seed}, {self.seconds / 60:.1f} minutes, {len(self.injected)} faults, {self.starts} starts"
        for each in self.tallies:
            yield (
                f"{each.source:8} sent {each.sent:7,}  handed over {each.handed_over:7,}  stored {each.stored:7,}  "
                f"(dead letters {each.dead_letters:,})  lost {len(each.lost)}  doubled {len(each.doubled)}"
            )
        yield f"documents written again after a kill {self.rewritten}, with other bytes {len(self.changed)}"
        if self.recoveries:
            longest = max(self.recoveries, key=lambda each: each.seconds)
            yield f"longest recovery {longest.seconds:.0f} s: {longest.job} after {longest.after}"
        yield from self.problems or ["all is as promised"]

    def as_json(self) -> dict[str, Any]:
        """For programs; times in ISO 8601, UTC."""
        return asdict(self) | {"problems": self.problems}


def recoveries(injected: Sequence[Injected], commits: Mapping[str, Sequence[datetime]]) -> Iterator[Recovery]:
    """commits: when each job committed a batch, in order."""
    for number, fault in enumerate(injected):
        for job in fault.of:
            back = next((at for at in commits[job] if at > fault.until), None)
            hit_again = next((later.at for later in injected[number + 1 :] if job in later.of), None)
            if back is not None and (hit_again is None or back < hit_again):
                yield Recovery(job, f"{fault.name} ({fault.what})", (back - fault.until).total_seconds())


def _problems(tally: Tally) -> Iterator[str]:
    kinds = {"lost": tally.lost, "doubled": tally.doubled, "foreign": tally.foreign, "silent": tally.silent}
    for kind, names in kinds.items():
        if names:
            yield f"{tally.source}: {kind} {len(names)}, the first: {names[:_SHOWN]}"
